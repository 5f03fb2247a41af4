using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using DatapathKernels.Tests.Infrastructure;
using Xunit;
using static DatapathKernels.Tests.Filtering.MatcherHarness;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Jumps, returns, verdicts, counters, and what happens to rules nobody can evaluate.</summary>
public class WalkTests
{
    private static TestPacket Packet => TestPacket.Tcp("10.1.2.3", "10.0.0.1");

    [Fact]
    public void A_jump_returns_to_the_next_rule_and_a_goto_to_the_callers_next_rule()
    {
        using LinearMatcher matcher = Filter(
            "-A INPUT -j A", "-A INPUT -j MARK --or-mark 0x1", "-A A -g B", "-A A -j MARK --or-mark 0x2", "-A B -j MARK --or-mark 0x4");
        PacketMeta meta = default;
        Run(matcher, Packet, ref meta);
        Assert.Equal(0x5u, meta.Mark);
    }

    [Fact]
    public void Return_ends_a_user_chain_and_meets_the_policy_in_a_builtin_one()
    {
        using LinearMatcher matcher = Filter("-A INPUT -j A", "-A INPUT -j RETURN", "-A INPUT -j DROP", "-A A -j RETURN", "-A A -j DROP");
        PacketMeta meta = default;
        PacketVerdict verdict = Run(matcher, Packet, ref meta);
        Assert.Equal((VerdictKind.Accept, -1), (verdict.Kind, verdict.Rule));
        matcher.Find(TableKind.Filter, "INPUT", out ChainId input);
        Assert.Equal(1u, matcher.PolicyCountersOf(input).Packets);
    }

    [Fact]
    public void A_goto_from_a_builtin_chain_ends_at_its_policy()
    {
        Ruleset ruleset = Rulesets.Parse("*filter\n:INPUT DROP [0:0]\n:A - [0:0]\n-A INPUT -g A\n-A INPUT -j ACCEPT\n-A A -j RETURN\nCOMMIT\n");
        using LinearMatcher matcher = new(ruleset);
        PacketMeta meta = default;
        PacketVerdict verdict = Run(matcher, Packet, ref meta);
        Assert.Equal((VerdictKind.Drop, -1), (verdict.Kind, verdict.Rule));
    }

    [Fact]
    public void Counters_are_exact_for_rules_and_policies_and_start_from_the_file()
    {
        Ruleset ruleset = Rulesets.Parse("*filter\n:INPUT ACCEPT [10:1000]\n:A - [0:0]\n[5:500] -A INPUT -p tcp -j A\n-A INPUT -p udp -j DROP\n-A A -s 10.1.0.0/16\n-A A -j RETURN\nCOMMIT\n");
        using LinearMatcher matcher = new(ruleset);
        PacketMeta meta = default;
        TestPacket tcp = Packet, udp = TestPacket.Udp("1.1.1.1", "2.2.2.2");
        Run(matcher, tcp, ref meta);
        Run(matcher, tcp, ref meta);
        Run(matcher, udp, ref meta);

        uint size = tcp.Info.L3Length;
        string saved = IptablesSaveWriter.Write(matcher.Snapshot(), counters: true);
        Assert.Contains($":INPUT ACCEPT [12:{1000 + (2 * size)}]", saved);
        Assert.Contains($"[7:{500 + (2 * size)}] -A INPUT -p tcp -j A", saved);
        Assert.Contains($"[1:{udp.Info.L3Length}] -A INPUT -p udp -j DROP", saved);
        Assert.Contains($"[2:{2 * size}] -A A -s 10.1.0.0/16", saved);
    }

    [Fact]
    public void A_circle_of_chains_is_refused_by_name()
    {
        var error = Assert.Throws<RulesetException>(() => Filter("-A INPUT -j A", "-A A -j B", "-A B -g C", "-A C -j A"));
        Assert.Contains("A -> B -> C -> A", error.Message);
        Assert.Contains("C -> C", Assert.Throws<RulesetException>(() => Filter("-A C -j C")).Message);
    }

    [Fact]
    public void A_jump_to_nowhere_or_to_a_builtin_chain_is_refused_with_its_line()
    {
        Ruleset ruleset = new(IpFamily.V4);
        ruleset.GetOrAdd(TableKind.Filter).Add("INPUT").Add(new Rule([], new JumpTarget("LOST")) { Line = 7 });
        Assert.Contains("line 7", Assert.Throws<RulesetException>(() => new LinearMatcher(ruleset)).Message);
    }

    [Fact]
    public void Chains_nested_a_thousand_deep_are_walked_and_deeper_ones_refused()
    {
        PacketMeta meta = default;
        using LinearMatcher deep = new(Nested(1000));
        Assert.Equal(VerdictKind.Drop, Run(deep, Packet, ref meta).Kind);
        Assert.Contains("deep", Assert.Throws<RulesetException>(() => new LinearMatcher(Nested(1100))).Message);
    }

    [Fact]
    public void An_unknown_match_ends_the_walk_and_is_named()
    {
        using LinearMatcher matcher = Filter("-A INPUT -p udp -m string --string x --algo bm -j DROP", "-A INPUT -p tcp -m physdev ! --physdev-is-in -j DROP");
        PacketMeta meta = default;
        PacketVerdict verdict = Run(matcher, Packet, ref meta);
        Assert.Equal(VerdictKind.UnknownMatch, verdict.Kind);
        Assert.Contains("physdev", matcher.Describe(verdict));
        Assert.Contains("line 7", matcher.Describe(verdict));
    }

    [Theory]
    [InlineData(UnknownPolicy.Never, VerdictKind.Accept)]
    [InlineData(UnknownPolicy.Always, VerdictKind.Drop)]
    public void The_caller_may_choose_what_unknown_matches_do(UnknownPolicy policy, VerdictKind expected)
    {
        using LinearMatcher matcher = Filter(new MatcherOptions { Unknown = policy }, "-A INPUT -j AUDIT --type accept", "-A INPUT -m physdev --physdev-is-in -j DROP");
        PacketMeta meta = default;
        Assert.Equal(expected, Run(matcher, Packet, ref meta).Kind);
    }

    [Fact]
    public void An_unknown_target_ends_the_walk_and_is_named()
    {
        using LinearMatcher matcher = Filter("-A INPUT -j TEE --gateway 10.0.0.9");
        PacketMeta meta = default;
        PacketVerdict verdict = Run(matcher, Packet, ref meta);
        Assert.Equal(VerdictKind.UnknownTarget, verdict.Kind);
        Assert.Contains("TEE", matcher.Describe(verdict));
    }

    [Theory]
    [InlineData("--set-mark 0x10", 0x10u)]
    [InlineData("--set-mark 0x10/0xf0", 0x1f1fu)]
    [InlineData("--set-xmark 0x4000/0x4000", 0x5f0fu)]
    [InlineData("--set-xmark 0x1/0x0", 0x1f0eu)]
    [InlineData("--and-mark 0xf", 0xfu)]
    [InlineData("--or-mark 0x4000", 0x5f0fu)]
    [InlineData("--xor-mark 0xff", 0x1ff0u)]
    public void Every_spelling_of_mark(string words, uint expected)
    {
        using LinearMatcher matcher = Filter("-A INPUT -j MARK " + words);
        PacketMeta meta = new() { Mark = 0x1f0f };
        Run(matcher, Packet, ref meta);
        Assert.Equal(expected, meta.Mark);
    }

    [Fact]
    public void A_packet_of_the_other_family_or_a_broken_one_is_not_looked_at()
    {
        using LinearMatcher matcher = Filter("-A INPUT -j DROP");
        PacketMeta meta = default;
        Assert.Equal(VerdictKind.NotApplicable, Run(matcher, TestPacket.Tcp("fd00::1", "fd00::2"), ref meta).Kind);
        Assert.Equal(VerdictKind.NotApplicable, Run(matcher, new TestPacket { Bytes = [0x45, 0, 0] }, ref meta).Kind);
        matcher.Find(TableKind.Filter, "INPUT", out ChainId input);
        Assert.Equal(0u, matcher.CountersOf(input, 0).Packets);
    }

    [Fact]
    public void A_record_of_another_frame_is_not_trusted()
    {
        using LinearMatcher matcher = Filter("-A INPUT -p tcp -m tcp --dport 80 -j DROP");
        matcher.Find(TableKind.Filter, "INPUT", out ChainId input);
        PacketInfo info = Packet.Info;
        for (int length = 0; length < 44; length++)
        {
            PacketMeta meta = default;
            PacketRandom random = default;
            byte[] frame = Packet.Bytes[..length];
            matcher.Evaluate(input, frame, info, ref meta, ref random, out PacketVerdict verdict);
            Assert.Equal(VerdictKind.NotApplicable, verdict.Kind);
        }
    }

    [Fact]
    public void A_walk_allocates_nothing()
    {
        using LinearMatcher matcher = new(Rulesets.Parse("*nat\n:PREROUTING ACCEPT [0:0]\n:S - [0:0]\n-A PREROUTING -j S\n"
            + "-A S -m statistic --mode random --probability 0.5 -m recent --set --name X -m multiport -p tcp --dports 80,81 -j MARK --or-mark 1\n"
            + "-A S -m addrtype --dst-type LOCAL -p tcp -j DNAT --to-destination 10.9.9.9:8080\nCOMMIT\n"), Node);
        matcher.Find(TableKind.Nat, "PREROUTING", out ChainId chain);
        TestPacket packet = Packet;
        byte[] original = (byte[])packet.Bytes.Clone();
        PacketInfo info = packet.Info;
        PacketRandom random = new(1);
        GivenConnectionState connections = default;
        Allocation.IsZero(() =>
        {
            PacketMeta meta = new() { State = ConnectionStates.New };
            original.CopyTo(packet.Bytes, 0);
            matcher.Evaluate(chain, packet.Bytes, info, ref meta, ref random, out _);
            original.CopyTo(packet.Bytes, 0);
            matcher.Traverse(packet.Bytes, info, ref meta, ref random, ref connections, out _);
        });
        Assert.Equal("10.9.9.9:8080", packet.Destination);
    }

    [Fact]
    public void A_burst_equals_its_packets_one_by_one()
    {
        Ruleset ruleset = Rulesets.Parse("*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m statistic --mode random --probability 0.3 -j DNAT --to-destination 10.9.9.1-10.9.9.7:1000-2000\n"
            + "-A PREROUTING -p udp -m statistic --mode nth --every 3 -j MARK --or-mark 1\nCOMMIT\n");
        using LinearMatcher one = new(ruleset), many = new(ruleset);
        one.Find(TableKind.Nat, "PREROUTING", out ChainId chain);
        using PacketArena arena = new(64, 256);
        TestPacket[] packets = [.. Enumerable.Range(0, 64).Select(i => i % 3 == 0 ? TestPacket.Udp("10.0.0.9", "10.0.0.8", 1000 + i) : TestPacket.Tcp("10.0.0.9", "10.0.0.8", 1000 + i))];
        foreach (TestPacket packet in packets)
            Assert.True(arena.TryAdd(packet.Bytes, LinkType.Raw));
        PacketInfo[] infos = [.. packets.Select(packet => packet.Info)];
        PacketMeta[] metas = new PacketMeta[64];
        PacketVerdict[] verdicts = new PacketVerdict[64];
        PacketRandom burstRandom = new(9), random = new(9);
        PacketBurst burst = arena.Burst(0, 64);
        many.EvaluateBurst(chain, burst, infos, metas, ref burstRandom, verdicts);
        for (int i = 0; i < 64; i++)
        {
            PacketMeta meta = default;
            one.Evaluate(chain, packets[i].Bytes, infos[i], ref meta, ref random, out PacketVerdict verdict);
            Assert.Equal(verdict, verdicts[i]);
            Assert.Equal(meta.Mark, metas[i].Mark);
            Assert.True(burst[i].SequenceEqual(packets[i].Bytes));
            Assert.True(packets[i].ChecksumsAreRight());
        }
    }

    [Fact]
    public void After_dispose_a_walk_is_refused()
    {
        LinearMatcher matcher = Filter("-A INPUT -j DROP");
        matcher.Dispose();
        PacketMeta meta = default;
        Assert.Throws<ObjectDisposedException>(() => Run(matcher, Packet, ref meta));
    }

    private static Ruleset Nested(int depth)
    {
        Ruleset ruleset = new(IpFamily.V4);
        Table table = ruleset.GetOrAdd(TableKind.Filter);
        table.Add("INPUT").Add(new Rule([], new JumpTarget("C0")));
        for (int i = 0; i < depth; i++)
        {
            RuleTarget target = i + 1 < depth ? new JumpTarget($"C{i + 1}") : new VerdictTarget(RuleVerdict.Drop);
            table.Add($"C{i}").Add(new Rule([], target));
        }

        return ruleset;
    }
}
