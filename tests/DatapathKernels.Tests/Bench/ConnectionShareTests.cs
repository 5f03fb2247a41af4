using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Bench.Scenarios.Services;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Report.Scenarios;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public class ConnectionShareTests
{
    private static readonly ModeCost Walk = new(DatapathMode.Iptables, 100, 2100);

    private static readonly ModeCost Map = new(DatapathMode.Ebpf, 200, 700);

    [Fact]
    public void Two_modes_cross_where_their_mean_packets_cost_the_same()
    {
        // 100 + 2000 s = 200 + 500 s.
        double share = ModeCost.EqualShare(Walk, Map)!.Value;

        Assert.Equal(1.0 / 15, share, 12);
        Assert.Equal(Walk.At(share), Map.At(share), 9);
        Assert.Equal(share, ModeCost.EqualShare(Map, Walk)!.Value, 12);
    }

    [Fact]
    public void Modes_of_which_one_is_always_cheaper_do_not_cross()
    {
        Assert.Null(ModeCost.EqualShare(Map, Map with { Established = 300, First = 800 }));
        Assert.Null(ModeCost.EqualShare(Map, Map));
    }

    [Fact]
    public void The_cheapest_mode_changes_at_the_crossings_of_cheapest_modes_only()
    {
        ModeCost dear = new(DatapathMode.Ipvs, 150, 3000);

        IReadOnlyList<(double From, ModeCost Mode)> cheapest = ConnectionShareRecord.Cheapest([dear, Map, Walk]);

        Assert.Equal([Walk, Map], cheapest.Select(c => c.Mode));
        Assert.Equal([0, 1.0 / 15], cheapest.Select(c => Math.Round(c.From, 15)), (a, b) => Math.Abs(a - b) < 1e-9);
    }

    [Fact]
    public void The_record_names_the_crossing_and_draws_both_lines()
    {
        ScenarioRecord record = ConnectionShareRecord.Of("ConnectionShare", [(1000, [Walk, Map])]);

        Assert.Equal(
            "At 1,000 Services Iptables is the cheapest at few new connections (100 ns a known packet), Ebpf from 6.67% of the packets on; a packet that opens one costs 700 ns (Ebpf) to 2,100 ns (Iptables)",
            Assert.Single(record.Findings));
        Assert.Equal(["Iptables", "", "6.67%"], record.Tables[1].Rows[0]);
        Assert.Equal(2100, record.Charts[0].Series[0].Points[^1].Y);
        Assert.Null(record.Problem());
    }
}
