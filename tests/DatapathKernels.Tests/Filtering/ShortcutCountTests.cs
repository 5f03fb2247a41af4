using DatapathKernels.Filtering;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>One counter stands for the three rules of a shortcut's way; whoever reads counters, whenever, finds them told apart.</summary>
public class ShortcutCountTests
{
    // So many services that the dispatch chain has an index, which shortcuts begin at.
    private static readonly string Text = Ways + string.Concat(Enumerable.Range(1, 40).Select(i => $"-A SERVICES -d 10.1.0.{i}/32 -p tcp -m tcp --dport 80 -j SVC\n")) + "COMMIT\n";

    private const string Ways = """
        *nat
        :PREROUTING ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :SERVICES - [0:0]
        :SVC - [0:0]
        :SEP - [0:0]
        -A PREROUTING -j SERVICES
        -A OUTPUT -j SERVICES
        [5:500] -A SERVICES -d 10.0.0.2/32 -p tcp -m tcp --dport 80 -j SVC
        -A SERVICES -d 10.0.0.3/32 -p tcp -m tcp --dport 80 -j SVC
        [7:700] -A SVC -j SEP
        -A SEP -p tcp -m tcp -j DNAT --to-destination 10.9.9.9:8080

        """;

    [Fact]
    public void Every_rule_of_the_way_counts_and_only_the_way_that_was_taken()
    {
        using IndexedMatcher matcher = new(Rulesets.Parse(Text));
        for (int i = 1; i <= 3; i++)
        {
            Send(matcher, "PREROUTING", "10.0.0.2");
            Assert.Equal(new RuleCounters { Packets = 5 + (ulong)i, Bytes = 500 + ((ulong)i * (ulong)TestPacket.Tcp("10.0.0.1", "10.0.0.2").Bytes.Length) }, Counters(matcher, "SERVICES", 0));
            Assert.Equal(7 + (ulong)i, Counters(matcher, "SVC", 0).Packets);
            Assert.Equal((ulong)i, Counters(matcher, "SEP", 0).Packets);
        }

        Send(matcher, "OUTPUT", "10.0.0.3");
        Assert.Equal(8ul, Counters(matcher, "SERVICES", 0).Packets);
        Assert.Equal(1ul, Counters(matcher, "SERVICES", 1).Packets);
        Assert.Equal(11ul, Counters(matcher, "SVC", 0).Packets);
        Assert.Equal(4ul, Counters(matcher, "SEP", 0).Packets);
        Assert.Equal(3ul, Counters(matcher, "PREROUTING", 0).Packets);
        Assert.Equal(1ul, Counters(matcher, "OUTPUT", 0).Packets);

        matcher.ResetCounters();
        Assert.Equal(0ul, Counters(matcher, "SERVICES", 0).Packets);
        Assert.Equal(0ul, Counters(matcher, "SEP", 0).Packets);
        Send(matcher, "PREROUTING", "10.0.0.2");
        Assert.Equal(1ul, Counters(matcher, "SVC", 0).Packets);
    }

    /// <summary>Whichever chain of the way is replaced: rules that stay the same go on counting, those beside it as well.</summary>
    [Theory]
    [InlineData("SERVICES")]
    [InlineData("SVC")]
    [InlineData("SEP")]
    [InlineData("SERVICES", "SVC", "SEP")]
    public void Counts_stay_with_their_rules_when_chains_are_replaced(params string[] chains)
    {
        Ruleset rules = Rulesets.Parse(Text);
        using IndexedMatcher matcher = new(rules);
        for (int round = 1; round <= 4; round++)
        {
            Send(matcher, "PREROUTING", "10.0.0.2");
            Send(matcher, "PREROUTING", "10.0.0.3");
            Table changed = new(TableKind.Nat);
            foreach (string name in chains)
            {
                Chain copy = changed.Add(name);
                foreach (Rule rule in rules[TableKind.Nat]!.Find(name)!.Rules)
                    copy.Add(rule);
            }

            Assert.True(matcher.TryReplace(changed));
            Assert.Equal(5 + (ulong)round, Counters(matcher, "SERVICES", 0).Packets);
            Assert.Equal((ulong)round, Counters(matcher, "SERVICES", 1).Packets);
            Assert.Equal(7 + (2 * (ulong)round), Counters(matcher, "SVC", 0).Packets);
            Assert.Equal(2 * (ulong)round, Counters(matcher, "SEP", 0).Packets);
        }
    }

    /// <summary>What led to a chain that stays is gone, and what it counted there is not.</summary>
    [Fact]
    public void Counts_outlive_the_dispatch_chain_that_led_there()
    {
        using IndexedMatcher matcher = new(Rulesets.Parse(Text));
        Send(matcher, "PREROUTING", "10.0.0.2");
        Table changed = new(TableKind.Nat);
        changed.Add("PREROUTING");
        changed.Add("OUTPUT");
        Assert.True(matcher.TryReplace(changed, "SERVICES"));
        Assert.Equal(8ul, Counters(matcher, "SVC", 0).Packets);
        Assert.Equal(1ul, Counters(matcher, "SEP", 0).Packets);
    }

    [Fact]
    public void A_matcher_that_was_disposed_says_so()
    {
        IndexedMatcher matcher = new(Rulesets.Parse(Text));
        Send(matcher, "SERVICES", "10.0.0.2");
        matcher.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Send(matcher, "SERVICES", "10.0.0.2"));
    }

    private static void Send(IndexedMatcher matcher, string chain, string destination)
    {
        TestPacket packet = TestPacket.Tcp("10.0.0.1", destination);
        PacketMeta meta = default;
        PacketRandom random = new(1);
        Assert.True(matcher.Find(TableKind.Nat, chain, out ChainId id));
        matcher.Evaluate(id, packet.Bytes, packet.Info, ref meta, ref random, out PacketVerdict verdict);
        Assert.Equal(NatKind.Dnat, verdict.Destination.Kind);
    }

    private static RuleCounters Counters(IndexedMatcher matcher, string chain, int rule)
    {
        Assert.True(matcher.Find(TableKind.Nat, chain, out ChainId id));
        return matcher.CountersOf(id, rule);
    }
}
