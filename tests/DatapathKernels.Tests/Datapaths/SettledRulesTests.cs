using System.Text;
using DatapathKernels.Datapaths;
using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Formats.Nft;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>Rules that are settled for packets of established connections are not walked for them, and count them all the same.</summary>
public class SettledRulesTests
{
    private const string Local = """
        *mangle
        :FORWARD ACCEPT [0:0]
        :SEEN - [0:0]
        -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j SEEN
        -A SEEN -m mark --mark 0x0/0xff
        -A SEEN -m conntrack --ctstate NEW -j MARK --set-xmark 0x1/0x1
        -A SEEN -j RETURN
        -A SEEN -j DROP
        COMMIT
        """;

    [Theory]
    [InlineData(DatapathMode.Iptables)]
    [InlineData(DatapathMode.IptablesIndexed)]
    [InlineData(DatapathMode.Nftables)]
    [InlineData(DatapathMode.Ipvs)]
    public void Packets_and_counters_are_those_of_walks(DatapathMode mode) => Property.Check(
        RandomServices.Clusters,
        drawn =>
        {
            NodeOptions options = new() { Mode = mode, Overlay = drawn.Overlay, Connections = 4096, Seed = 7, LocalRules = Parse(Local) };
            using NodeDatapath settled = NodeDatapath.Build(drawn.Cluster, options), walked = NodeDatapath.Build(drawn.Cluster, options);
            new NodeComparison(drawn.Cluster, settled, walked).Run();
        },
        count: 8);

    [Theory]
    [InlineData("", true)]
    [InlineData("-A FORWARD -m conntrack --ctstate NEW -j DROP", true)]
    [InlineData("-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -p tcp -j DROP", true)]
    [InlineData("-A FORWARD -p tcp -m conntrack --ctstate NEW -j DROP", true)]
    [InlineData("-A FORWARD -m mark --mark 0x4000/0x4000 -j DROP", true)]
    [InlineData("-A FORWARD -m comment --comment seen", true)]
    [InlineData("-A FORWARD -p tcp", false)]
    [InlineData("-A FORWARD -m mark ! --mark 0x4000/0x4000 -j DROP", false)]
    [InlineData("-A FORWARD -m conntrack --ctstate ESTABLISHED -j DROP", false)]
    [InlineData("-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT", false)]
    [InlineData("-A FORWARD -m conntrack ! --ctstate NEW,DNAT -j ACCEPT", false)]
    [InlineData("-A FORWARD -m conntrack --ctstate ESTABLISHED --ctdir ORIGINAL", false)]
    [InlineData("-A FORWARD -m limit --limit 1/sec -m conntrack --ctstate NEW -j DROP", false)]
    [InlineData("-A FORWARD -m conntrack --ctstate ESTABLISHED -j MARK --set-xmark 0x1/0x1", false)]
    [InlineData("-A FORWARD -m connmark --mark 0x0/0x1 -j ACCEPT", false)]
    public void Only_what_no_packet_answers_otherwise_is_settled(string rules, bool isSettled)
    {
        using LinearMatcher matcher = new(Parse($"*filter\n:FORWARD ACCEPT [0:0]\n{rules}\nCOMMIT\n"));
        Assert.False(matcher.IsSettled(Hook.Forward));
        matcher.Settle();
        Assert.Equal(isSettled, matcher.IsSettled(Hook.Forward));
        Assert.Equal(isSettled, matcher.TryPassSettled(Hook.Forward, 100));
        Assert.True(matcher.IsSettled(Hook.PostRouting));
        using LinearMatcher drops = new(Parse($"*filter\n:FORWARD DROP [0:0]\nCOMMIT\n"));
        drops.Settle();
        Assert.False(drops.IsSettled(Hook.Forward));
    }

    [Fact]
    public void Chains_of_the_filter_table_that_are_replaced_are_settled_anew()
    {
        using IndexedMatcher matcher = new(Parse("*filter\n:FORWARD ACCEPT [0:0]\n:A - [0:0]\n-A FORWARD -j A\n-A A -m conntrack --ctstate ESTABLISHED -j ACCEPT\nCOMMIT\n"));
        matcher.Settle();
        Assert.True(matcher.TryPassSettled(Hook.Forward, 100));
        Ruleset changed = Parse("*filter\n:A - [0:0]\n-A A -p tcp -j ACCEPT\n-A A -m conntrack --ctstate ESTABLISHED -j ACCEPT\nCOMMIT\n");
        Assert.True(matcher.TryReplace(changed.Tables.Single()));
        Assert.False(matcher.TryPassSettled(Hook.Forward, 100));
        changed = Parse("*filter\n:A - [0:0]\n-A A -m conntrack --ctstate ESTABLISHED -j ACCEPT\nCOMMIT\n");
        Assert.True(matcher.TryReplace(changed.Tables.Single()));
        Assert.True(matcher.TryPassSettled(Hook.Forward, 50));
        Assert.True(matcher.Find(TableKind.Filter, "A", out ChainId chain));
        Assert.Equal((2ul, 150ul), (matcher.CountersOf(chain, 0).Packets, matcher.CountersOf(chain, 0).Bytes));
    }

    [Theory]
    [InlineData("ct state new drop", true)]
    [InlineData("meta l4proto tcp ct state new drop", true)]
    [InlineData("ct state new counter drop", true)]
    [InlineData("counter ct state new drop", false)]
    [InlineData("ct state established accept", false)]
    [InlineData("ct state != established drop", true)]
    [InlineData("meta l4proto tcp accept", false)]
    public void Chains_of_nftables_are_settled_when_they_ask_for_another_state(string rule, bool isSettled)
    {
        using NftMatcher matcher = new(
            NftParser.Parse($"table ip t {{\n chain c {{\n type filter hook forward priority 0; policy accept;\n {rule}\n }}\n}}\n"), IpFamily.V4);
        Assert.Equal(isSettled, matcher.IsSettled(Hook.Forward));
        Assert.True(matcher.IsSettled(Hook.Input));
    }

    private static Ruleset Parse(string text) => IptablesSaveParser.Parse(Encoding.UTF8.GetBytes(text), null, out _);
}
