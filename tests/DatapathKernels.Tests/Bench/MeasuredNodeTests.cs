using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Bench.Scenarios.Memory;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Report.Scenarios;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public class MeasuredNodeTests
{
    [Theory]
    [InlineData(DatapathMode.Iptables, 1)]
    [InlineData(DatapathMode.IptablesVector, 10)]
    [InlineData(DatapathMode.IptablesIndexed, 1)]
    [InlineData(DatapathMode.Nftables, 1)]
    [InlineData(DatapathMode.Ipvs, 10)]
    [InlineData(DatapathMode.Ebpf, 1)]
    public void Every_packet_reaches_a_backend_or_leaves_the_cluster(DatapathMode mode, int endpoints)
    {
        using MeasuredNode node = new(DatapathModes.ClusterOf(10, endpoints), mode, 200, skew: 1.1);

        foreach (Func<long> batch in (Func<long>[])[node.Established, node.EstablishedSkewed, node.First, node.FirstSkewed, node.FirstMissing])
            Assert.True(batch() > 0);
        Assert.True(node.Node.ConnectionBytes > 0);
    }

    [Fact]
    public void Connections_of_many_clients_all_open()
    {
        using MeasuredNode node = new(DatapathModes.ClusterOf(100), DatapathMode.IptablesIndexed, 130_000, opensMore: false);

        Assert.True(node.Established() > 0);
    }

    [Fact]
    public void The_state_outgrows_a_cache_where_its_bytes_do()
    {
        WorkingSet.FlowCost[] costs = [Cost(1000, 100), Cost(10_000, 150)];

        ScenarioRecord record = WorkingSetRecord.Of("WorkingSet", costs, [new CacheSize(2, 1 << 20), new CacheSize(3, 1 << 25)]);

        // 2,000,000 bytes for 10,000 connections are 200 each.
        Assert.Equal((1 << 20) / 200.0, WorkingSetRecord.FlowsIn(1 << 20, costs));
        Assert.Equal("Ebpf: 100 ns a packet at 1,000 connections, 150 ns at 10,000: 1.5 times; 200 bytes a connection", record.Findings[0]);
        Assert.Equal(["Ebpf", "200", "5,200", "170,000"], record.Tables[1].Rows[0]);
        Assert.Equal(["L2 full (Ebpf)", "L3 full, then memory (Ebpf)"], record.Charts[0].Marks!.Select(mark => mark.Label));
        Assert.EndsWith("beyond that packets wait for memory", record.Findings[^1], StringComparison.Ordinal);
        Assert.Null(record.Problem());
    }

    private static WorkingSet.FlowCost Cost(int flows, double ns) => new(DatapathMode.Ebpf, flows, new ScenarioTime(ns, ns, ns), flows * 200L);
}
