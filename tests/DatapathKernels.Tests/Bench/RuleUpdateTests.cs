using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Bench.Scenarios.Updates;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Report.Scenarios;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public class RuleUpdateTests
{
    [Theory]
    [InlineData(DatapathMode.Iptables, "as a whole only", 3)]
    [InlineData(DatapathMode.IptablesIndexed, "by another thread, packets go on", 4)]
    [InlineData(DatapathMode.Nftables, "as a whole only", 3)]
    [InlineData(DatapathMode.Ipvs, "between two packets", 4)]
    [InlineData(DatapathMode.Ebpf, "between two packets", 4)]
    public void Every_packet_reaches_a_backend_while_services_change(DatapathMode mode, string how, int phases)
    {
        UpdateCost cost = RuleUpdate.Measure(new MeasuredNode(DatapathModes.ClusterOf(50), mode, flows: 1000), phaseMs: 5);

        Assert.Equal(how, cost.How);
        Assert.Equal(phases, cost.Phases.Count);
        Assert.All(cost.Phases, p => Assert.True(p.Packets >= MeasuredNode.Batch));
        ScenarioRecord record = RuleUpdateRecord.Of("RuleUpdate", 50, [cost]);
        Assert.Null(record.Problem());
        Assert.Equal(3, record.Charts.Count);
        Assert.Equal([2.0, 100, 1000, 10_000], record.Charts[2].Series[0].Points.Select(p => p.X));
        Assert.Equal(cost.Phases[0].Latency.P50 / 1000, record.Charts[0].Series[0].Points[0].Y);
        Assert.StartsWith($"{mode} at 50 Services: a full reload takes ", record.Findings[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_repetition_counts_and_tells_its_failure()
    {
        int done = 0;
        using Repetition counts = new(() => Interlocked.Increment(ref done));
        SpinWait.SpinUntil(() => Volatile.Read(ref done) > 10);
        Assert.Equal(counts.Stop(), done);

        using Repetition fails = new(() => throw new InvalidOperationException("full"));
        Assert.Equal("full", Assert.Throws<InvalidOperationException>(() => fails.Stop()).Message);
    }

    [Theory]
    [InlineData(740, "740 ns")]
    [InlineData(12_340, "12.3 µs")]
    [InlineData(1_250_000, "1.3 ms")]
    [InlineData(1.25e9, "1.25 s")]
    public void Durations_have_the_unit_they_are_read_in(double ns, string expected) => Assert.Equal(expected, RuleUpdateRecord.Time(ns));
}
