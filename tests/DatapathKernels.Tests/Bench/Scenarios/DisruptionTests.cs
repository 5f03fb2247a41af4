using DatapathKernels.Bench.Scenarios.Disruption;
using Xunit;

namespace DatapathKernels.Tests.Bench.Scenarios;

/// <summary>Flows that move when a backend comes or goes.</summary>
public class DisruptionTests
{
    private const int Flows = 20_000;

    [Fact]
    public void Moves_are_needed_or_needless()
    {
        // Backend 1 leaves: its two flows have to move, the third moves besides, the others stay.
        Assert.Equal(new FlowMoves(0.4, 0.2), FlowMoves.Between([1, 1, 0, 2, 0], [0, 2, 2, 2, 0], changed: 1));
        Assert.Equal(new FlowMoves(0.25, 0), FlowMoves.Between([0, 1, 0, 1], [0, 1, 2, 1], changed: 2));
        Assert.Equal(new FlowMoves(0.375, 0.25), FlowMoves.Mean([new(0.25, 0.5), new(0.5, 0)]));
    }

    [Fact]
    public void Tables_move_few_flows_without_need()
    {
        foreach (TableBalancer table in TableBalancer.All())
        {
            FlowMoves leave = DisruptionModel.Leave(table, 10), join = DisruptionModel.Join(table, 10);
            Assert.InRange(leave.Needed, 0.098, 0.102);
            Assert.InRange(leave.Needless, 0, 0.02);
            Assert.InRange(join.Needed, 0.089, 0.093);
            Assert.InRange(join.Needless, 0, 0.02);
        }
    }

    [Fact]
    public void Schedulers_without_memory_move_what_their_arithmetic_says()
    {
        Dictionary<string, FlowMoves> moves = IpvsBalancer.All(Flows, seed: 1).ToDictionary(b => b.Name, b => DisruptionModel.Leave(b, 10));
        Assert.All(moves.Values, m => Assert.InRange(m.Needed, 0.08, 0.12));
        Assert.InRange(moves["IPVS mh"].Needless, 0, 0.03);

        // sh deals its 256 buckets in turn, so that most of the nine tenths that stay get another; rr is a turn further on.
        Assert.InRange(moves["IPVS sh"].Needless, 0.5, 0.9);
        Assert.InRange(moves["IPVS rr"].Needless, 0.5, 0.9);
    }
}
