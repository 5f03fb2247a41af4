using DatapathKernels.Filtering;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using DatapathKernels.Tests.Infrastructure;
using FsCheck.Fluent;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>What holds for every ruleset and every matcher.</summary>
public class RulesetPropertyTests
{
    // Each of these contradicts itself, in the head of the rule or in its further tests.
    private static readonly string[] NeverMatching =
    [
        "-m mark --mark 0x4/0x3 -j ACCEPT", "-p tcp -m multiport --dports 1:2 -m tcp --dport 3 -j ACCEPT", "! -i + -j RETURN",
        "-p udp -m length --length 0:1 -j MARK --set-mark 9", "-p tcp -m mark ! --mark 0x0/0x0 -j RETURN", "-m pkttype --pkt-type unicast -m pkttype ! --pkt-type unicast -j ACCEPT",
    ];

    private static FsCheck.Gen<(int Seed, bool V6, int Rules, string Matcher)> Cases =>
        from seed in Gen.Choose(0, int.MaxValue)
        from v6 in Gen.Elements(false, true)
        from rules in Gen.Choose(1, 40)
        from matcher in Gen.Elements("linear", "vector", "indexed")
        select (seed, v6, rules, matcher);

    [Fact]
    public void A_rule_that_cannot_match_changes_nothing() => Property.Check(
        Cases,
        arguments =>
        {
            Random random = new(arguments.Seed);
            Ruleset before = Rulesets.Parse(RandomRules.Text(random, arguments.V6, arguments.Rules, withSets: true)), after = Copy(before);
            foreach (string chain in RandomRules.Chains)
            {
                Rule never = Never(NeverMatching[random.Next(NeverMatching.Length)], arguments.V6);
                Insert(after.Find(TableKind.Nat, chain)!, random, never);
            }

            CheckSame(before, after, arguments.V6, arguments.Matcher, random);
        },
        count: 60);

    [Fact]
    public void Splitting_a_chain_into_a_jump_changes_nothing() => Property.Check(
        Cases,
        arguments =>
        {
            Random random = new(arguments.Seed);
            Ruleset before = Rulesets.Parse(RandomRules.Text(random, arguments.V6, arguments.Rules, withSets: true)), after = Copy(before);
            Table nat = after[TableKind.Nat]!;
            foreach (string name in RandomRules.Chains)
            {
                Chain chain = nat.Find(name)!, rest = nat.Add(name + "-REST");
                Rule[] rules = [.. chain.Rules];
                int kept = random.Next(rules.Length + 1);
                chain.Flush();
                foreach (Rule rule in rules[..kept])
                    chain.Add(rule);
                foreach (Rule rule in rules[kept..])
                    rest.Add(rule);
                chain.Add(new Rule([], new JumpTarget(rest.Name)));
            }

            CheckSame(before, after, arguments.V6, arguments.Matcher, random);
        },
        count: 60);

    [Fact]
    public void Saving_and_loading_is_identity() => Property.Check(
        Cases,
        arguments => Rulesets.AssertRoundTrips(Rulesets.Parse(RandomRules.Text(new Random(arguments.Seed), arguments.V6, arguments.Rules, withSets: true))),
        count: 100);

    [Fact]
    public void All_matchers_agree_where_rules_ask_and_change_sets_and_connection_marks() => Property.Check(
        Cases,
        arguments =>
        {
            Random random = new(arguments.Seed);
            Ruleset rules = Rulesets.Parse(RandomRules.Text(random, arguments.V6, arguments.Rules, withSets: true));
            using ChainMatcher linear = Matchers.All["linear"](rules, RandomRules.NodeWithSets(arguments.V6));
            using ChainMatcher other = Matchers.All[arguments.Matcher](rules, RandomRules.NodeWithSets(arguments.V6));
            RandomRules.Compare(linear, other, random, arguments.V6, packets: 192, burst: arguments.Seed % 2 == 0);
        },
        count: 80);

    /// <summary>The same packets through both: verdicts by the same lines, the same bytes, marks and draws, the same counts of every rule that has a line.</summary>
    private static void CheckSame(Ruleset before, Ruleset after, bool v6, string matcher, Random random)
    {
        using ChainMatcher left = Matchers.All["linear"](before, RandomRules.NodeWithSets(v6));
        using ChainMatcher right = Matchers.All[matcher](after, RandomRules.NodeWithSets(v6));
        Assert.True(left.Find(TableKind.Nat, "PREROUTING", out ChainId leftChain));
        Assert.True(right.Find(TableKind.Nat, "PREROUTING", out ChainId rightChain));
        PacketRandom leftDraws = new(3), rightDraws = new(3);
        for (int i = 0; i < 150; i++)
        {
            TestPacket packet = RandomRules.Packet(random, v6), copy = packet.Copy();
            PacketMeta leftMeta = new() { NowMs = i * 1000L, Mark = (uint)i % 4 }, rightMeta = leftMeta;
            left.Evaluate(leftChain, packet.Bytes, packet.Info, ref leftMeta, ref leftDraws, out PacketVerdict expected);
            right.Evaluate(rightChain, copy.Bytes, copy.Info, ref rightMeta, ref rightDraws, out PacketVerdict actual);
            Assert.Equal((expected.Kind, LineOf(left, expected)), (actual.Kind, LineOf(right, actual)));
            Assert.Equal(leftMeta, rightMeta);
            Assert.Equal(packet.Bytes, copy.Bytes);
            Assert.Equal(leftDraws, rightDraws);
        }

        Assert.Equal(Counts(left), Counts(right));
    }

    private static int LineOf(ChainMatcher matcher, in PacketVerdict verdict) => verdict.Rule < 0 ? 0 : matcher.RuleAt(verdict.Rule)!.Line;

    private static List<(int, ulong, ulong)> Counts(ChainMatcher matcher) =>
    [
        .. matcher.Snapshot()[TableKind.Nat]!.Chains.SelectMany(chain => chain.Rules).Where(rule => rule.Line > 0)
            .Select(rule => (rule.Line, rule.Packets, rule.Bytes)).Order(),
    ];

    private static Rule Never(string words, bool v6)
    {
        Rule rule = Rulesets.Parse($"# Generated by {(v6 ? "ip6tables" : "iptables")}-save\n" + Rulesets.Table("nat", ["PREROUTING"], $"-A PREROUTING {words}"))
            .Find(TableKind.Nat, "PREROUTING")!.Rules[0];
        return new Rule([.. rule.Matches], rule.Target);
    }

    private static void Insert(Chain chain, Random random, Rule inserted)
    {
        List<Rule> rules = [.. chain.Rules];
        rules.Insert(random.Next(rules.Count + 1), inserted);
        chain.Flush();
        rules.ForEach(chain.Add);
    }

    private static Ruleset Copy(Ruleset rules)
    {
        Ruleset copy = new(rules.Family);
        foreach (Chain chain in rules[TableKind.Nat]!.Chains)
        {
            Chain target = copy.GetOrAdd(TableKind.Nat).GetOrAdd(chain.Name);
            foreach (Rule rule in chain.Rules)
                target.Add(rule);
        }

        return copy;
    }
}
