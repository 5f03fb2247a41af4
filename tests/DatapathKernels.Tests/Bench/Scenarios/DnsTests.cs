using System.Net;
using DatapathKernels.Bench.Scenarios.Dns;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using Xunit;

namespace DatapathKernels.Tests.Bench.Scenarios;

/// <summary>Lookups by hand: names tried, packets through the node, connections left in it.</summary>
public class DnsTests
{
    private static readonly Cluster s_cluster = DnsCluster.Make(services: 20, seed: 1);

    [Theory]
    [InlineData("internal short", 1, 1, 1, 1, 1)]
    [InlineData("internal, other namespace", 3, 2, 2, 2, 2)]
    [InlineData("internal FQDN", 1, 1, 1, 1, 5)]
    [InlineData("external", 1, 1, 5, 5, 5)]
    [InlineData("external, final dot", 1, 1, 1, 1, 1)]
    public void Names_are_tried_as_resolv_conf_says(string kind, params int[] byDots)
    {
        DnsName name = DnsName.All.First(n => n.Kind == kind);
        Assert.Equal(byDots, Enumerable.Range(1, 5).Select(dots => name.Tried(dots).Count));
    }

    [Fact]
    public void Search_domains_come_first_below_ndots_and_after_it_otherwise()
    {
        Assert.Equal(["a.b.x", "a.b.y", "a.b"], new SearchList(["x", "y"], Dots: 2).Candidates("a.b"));
        Assert.Equal(["a.b", "a.b.x", "a.b.y"], new SearchList(["x", "y"], Dots: 1).Candidates("a.b"));
        Assert.Equal(["a.b"], new SearchList(["x", "y"], Dots: 5).Candidates("a.b."));
        Assert.Throws<ArgumentException>(() => new SearchList(["x"], 5).Tried("a", "b"));
    }

    [Fact]
    public void A_query_is_an_rfc_1035_message()
    {
        byte[] query = DnsMessage.Query(0x1234, "a.example", DnsMessage.Aaaa);
        Assert.Equal([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'a', 7, .. "example"u8, 0, 0, 28, 0, 1], query);
        Assert.Equal((0x81, 0x83), (DnsMessage.Answer(query, exists: false)[2], DnsMessage.Answer(query, exists: false)[3]));
    }

    [Theory]
    [InlineData(DatapathMode.Iptables, 1)]
    [InlineData(DatapathMode.Nftables, 1)]
    [InlineData(DatapathMode.Ipvs, 1)]
    [InlineData(DatapathMode.Ebpf, 2)]
    public void Each_name_leaves_an_entry_a_port(DatapathMode mode, int entriesEach)
    {
        using DnsNode node = new(s_cluster, CachePlan.None, mode, seed: 1);
        string[] tried = ["www.example.com.cluster.local", "www.example.com.corp.example", "www.example.com"];
        DnsCost shared = node.Lookup(tried, onePortEach: false, batches: 2), each = node.Lookup(tried, onePortEach: true, batches: 2);
        Assert.Equal((3, 12.0, 3.0 * entriesEach), (shared.Names, shared.Packets, shared.Entries));
        Assert.Equal((3, 12.0, 6.0 * entriesEach), (each.Names, each.Packets, each.Entries));
        Assert.True(shared.DatapathNs > 0, "the datapath takes some time");
    }

    [Theory]
    [InlineData(nameof(CachePlan.Hits), 4, 0)]
    [InlineData(nameof(CachePlan.Misses), 8, 0)]
    [InlineData(nameof(CachePlan.Tracked), 4, 1)]
    public void A_cache_with_its_rules_leaves_none(string cache, int packets, int entries)
    {
        using DnsNode node = new(s_cluster, Enum.Parse<CachePlan>(cache), DatapathMode.IptablesIndexed, seed: 1);
        DnsCost cost = node.Lookup(["api.shop.svc.cluster.local"], onePortEach: false, batches: 3);
        Assert.Equal((1, (double)packets, (double)entries), (cost.Names, cost.Packets, cost.Entries));
    }

    [Fact]
    public void The_cache_s_rules_come_before_kube_proxy_s()
    {
        Ruleset rules = DnsCluster.CacheRules();
        Assert.Equal(4, rules.Find(TableKind.Raw, "PREROUTING")!.Rules.Count);
        Assert.Equal(8, rules.Find(TableKind.Raw, "OUTPUT")!.Rules.Count);
        Assert.Equal(4, rules.Find(TableKind.Filter, "INPUT")!.Rules.Count);
        Assert.Equal(4, rules.Find(TableKind.Filter, "OUTPUT")!.Rules.Count);
        Assert.Equal(IPAddress.Parse("10.96.0.10"), DnsCluster.AskedAddress(CachePlan.Hits));
    }

    [Fact]
    public void Time_is_round_trips_and_the_datapath()
    {
        DnsCost cost = new(Names: 5, Packets: 20, Entries: 5, DatapathNs: 20_000);
        DnsRoundTrips times = new(ServerMs: 0.5, LocalMs: 0.05);
        Assert.Equal(2.52, cost.Milliseconds(CachePlan.None, times), 9);
        Assert.Equal(0.27, cost.Milliseconds(CachePlan.Hits, times), 9);
        Assert.Equal(2.77, cost.Milliseconds(CachePlan.Misses, times), 9);
    }
}
