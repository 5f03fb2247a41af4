using DatapathKernels.Bench.Scenarios.Services;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Report.Scenarios;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public class CrossoverScenarioTests
{
    [Fact]
    public void A_line_has_its_slope_and_meets_the_flat_where_it_must()
    {
        ServiceCost[] walk = [.. Sizes().Select(n => Cost(DatapathMode.Iptables, n, 3 * n))];
        ServiceCost[] map = [.. Sizes().Select(n => Cost(DatapathMode.Ebpf, n, 300))];

        Assert.Equal(3, CrossoverRecord.SlopeOf(walk, c => c.First)!.Value, 9);
        Assert.Equal(6, CrossoverRecord.SlopeOf(walk, c => c.FirstMissing)!.Value, 9);
        Assert.Equal("from about 100", CrossoverRecord.Above(walk, map));
        Assert.Equal("not at these sizes", CrossoverRecord.Above(map, [.. map.Select(c => c with { First = 400 })]));
        Assert.Equal("at every size", CrossoverRecord.Above([.. walk.Select(c => c with { First = 1000 })], map));
    }

    [Fact]
    public void Two_sizes_make_no_slope() => Assert.Null(CrossoverRecord.SlopeOf([Cost(DatapathMode.Ebpf, 10, 300), Cost(DatapathMode.Ebpf, 100, 310)], c => c.First));

    [Fact]
    public void Every_size_has_its_row_and_every_mode_its_finding()
    {
        ServiceCost[] costs = [.. Sizes().SelectMany(n => new[] { Cost(DatapathMode.Iptables, n, 3 * n), Cost(DatapathMode.IptablesIndexed, n, 200), Cost(DatapathMode.Ebpf, n, 300) })];

        ScenarioRecord record = CrossoverRecord.Of("Crossover", costs, 5000, [(30_000, 10)]);

        Assert.Equal("Iptables: 3 ns a Service for a first packet, 6 for one to no Service; 3,000 ns at 1,000; dearer than Ebpf from about 100, dearer than IptablesIndexed from about 67", record.Findings[0]);
        Assert.Equal(["Sizes of more than 5,000 endpoints in all were left out", "There was no time for 30,000 x 10"], record.Findings.Skip(3));
        Assert.Equal(["10 x 1", "30.0", "200", "300"], record.Tables[3].Rows[0]);
        Assert.Null(record.Problem());
    }

    private static int[] Sizes() => [10, 100, 1000];

    private static ServiceCost Cost(DatapathMode mode, int services, double first) => new(mode, services, 1)
    {
        Established = 50,
        EstablishedSkewed = 40,
        First = first,
        FirstSkewed = first,
        FirstMissing = 2 * first,
    };
}
