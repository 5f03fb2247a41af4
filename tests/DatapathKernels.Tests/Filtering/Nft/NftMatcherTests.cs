using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Nft;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;
using static DatapathKernels.Tests.Filtering.MatcherHarness;

namespace DatapathKernels.Tests.Filtering.Nft;

/// <summary>Verdicts, sets and their times, hooks and their order.</summary>
public class NftMatcherTests
{
    private static TestPacket Packet => TestPacket.Tcp("10.1.2.3", "10.0.0.9");

    [Theory]
    [InlineData("ip saddr 10.1.0.0/16", true)]
    [InlineData("ip saddr != 10.1.0.0/16", false)]
    [InlineData("ip saddr 10.1.2.0-10.1.2.2", false)]
    [InlineData("ip saddr 10.1.2.0-10.1.2.3", true)]
    [InlineData("ip saddr { 10.1.2.0/24 , 10.9.0.0-10.9.0.7 }", true)]
    [InlineData("ip saddr != { 10.1.2.0/24 , 10.9.0.0-10.9.0.7 }", false)]
    [InlineData("ip daddr . meta l4proto . th dport { 10.0.0.9 . tcp . 80 }", true)]
    [InlineData("ip daddr . meta l4proto . th dport { 10.0.0.0/24 . tcp . 80-90 }", true)]
    [InlineData("ip daddr . meta l4proto . th dport { 10.0.0.0/24 . tcp . 81-90 }", false)]
    [InlineData("tcp dport 80", true)]
    [InlineData("udp dport 80", false)]
    [InlineData("udp dport != 80", false)]
    [InlineData("th dport 1-79", false)]
    [InlineData("th dport != 1-79", true)]
    [InlineData("meta l4proto { tcp , udp }", true)]
    [InlineData("ct state new", true)]
    [InlineData("ct state established,related", false)]
    [InlineData("ct state != established,related", true)]
    [InlineData("ct state { new , related }", true)]
    [InlineData("ct status dnat", true)]
    [InlineData("ct status != dnat", false)]
    [InlineData("mark and 0x10 == 0x10", true)]
    [InlineData("mark and 0x10 != 0", true)]
    [InlineData("mark 0x31", true)]
    [InlineData("iifname \"eth0\"", true)]
    [InlineData("iifname != \"eth0\"", false)]
    [InlineData("iifname \"eth*\"", true)]
    [InlineData("iifname \"wlan*\"", false)]
    [InlineData("iifname != \"wlan*\"", true)]
    [InlineData("iifname { \"lo\" , \"cali*\" }", false)]
    [InlineData("oifname \"\"", false)]
    [InlineData("fib daddr type local", false)]
    [InlineData("fib daddr type unicast", true)]
    [InlineData("fib saddr type != local", true)]
    public void A_test_fits_or_not(string words, bool fits)
    {
        using NftMatcher matcher = Input($"{words} drop");
        PacketMeta meta = new() { State = ConnectionStates.New, Status = ConnectionStatuses.DestinationNat, Mark = 0x31, InInterface = matcher.InterfaceId("eth0") };
        Assert.Equal(fits, Run(matcher, Packet, ref meta).Kind == VerdictKind.Drop);
    }

    [Theory]
    [InlineData("th dport 0", false)]
    [InlineData("th dport != 80", false)]
    [InlineData("meta l4proto . th dport { tcp . 0 }", false)]
    [InlineData("meta l4proto tcp", true)]
    public void A_later_fragment_has_no_ports(string words, bool fits)
    {
        using NftMatcher matcher = Input($"{words} drop");
        PacketMeta meta = default;
        Assert.Equal(fits, Run(matcher, Packet.AsLaterFragment(), ref meta).Kind == VerdictKind.Drop);
    }

    [Theory]
    [InlineData("ip6 saddr fd00:1::/32", true)]
    [InlineData("ip6 saddr != fd00:1::/32", false)]
    [InlineData("ip6 daddr . meta l4proto . th dport { fd00::9 . tcp . 80 }", true)]
    [InlineData("ip6 saddr . ip6 daddr . meta l4proto . th sport . th dport { fd00:1::3 . fd00::9 . tcp . 40000 . 80 }", true)]
    [InlineData("ip6 saddr . ip6 daddr { fd00:1::3 . fd00::8 }", false)]
    [InlineData("ip6 daddr { fd00::1-fd00::8 , fd00::a }", false)]
    public void Ipv6_keys_are_wide(string words, bool fits)
    {
        using NftMatcher matcher = Input($"{words} drop", family: IpFamily.V6);
        PacketMeta meta = default;
        Assert.Equal(fits, Run(matcher, TestPacket.Tcp("fd00:1::3", "fd00::9"), ref meta).Kind == VerdictKind.Drop);
    }

    [Fact]
    public void A_jump_comes_back_a_goto_does_not_and_return_meets_the_policy()
    {
        using NftMatcher matcher = Input(
            "jump a\nadd rule ip t input mark set mark or 0x1\nadd rule ip t a goto b\nadd rule ip t a mark set mark or 0x2\nadd rule ip t b mark set mark or 0x4\nadd rule ip t input return\nadd rule ip t input accept",
            policy: "policy drop ;");
        PacketMeta meta = default;
        PacketVerdict verdict = Run(matcher, Packet, ref meta);
        Assert.Equal((VerdictKind.Drop, -1, 5u), (verdict.Kind, verdict.Rule, meta.Mark));
    }

    [Fact]
    public void A_map_answers_with_every_verdict_and_a_miss_goes_on()
    {
        using NftMatcher matcher = Input("tcp dport vmap { 1 : drop , 2 : accept , 3 : jump a , 4-9 : continue } mark set mark or 0x1\nadd rule ip t a mark set mark or 0x2\nadd rule ip t input mark set mark or 0x4");
        Assert.Equal((VerdictKind.Drop, 0u), Answer(1));
        Assert.Equal((VerdictKind.Accept, 0u), Answer(2));
        Assert.Equal((VerdictKind.Accept, 6u), Answer(3));
        Assert.Equal((VerdictKind.Accept, 5u), Answer(7));
        Assert.Equal((VerdictKind.Accept, 4u), Answer(80));

        (VerdictKind, uint) Answer(int port)
        {
            PacketMeta meta = default;
            return (Run(matcher, TestPacket.Tcp("10.1.2.3", "10.0.0.9", destinationPort: port), ref meta).Kind, meta.Mark);
        }
    }

    [Fact]
    public void Numbers_are_drawn_as_the_kernel_scales_them_or_counted()
    {
        using NftMatcher random = Input("numgen random mod 3 offset 5 vmap { 5 : drop , 7 : jump a }\nadd rule ip t a reject");
        VerdictKind[] kinds = [.. Enumerable.Range(0, 3).Select(i => Walk(random, ScriptedRandom.For(i, 3)))];
        Assert.Equal([VerdictKind.Drop, VerdictKind.Accept, VerdictKind.Reject], kinds);
        Assert.Equal(VerdictKind.Reject, Walk(random, new ScriptedRandom(uint.MaxValue)));

        using NftMatcher counted = Input("numgen inc mod 2 vmap { 0 : drop , 1 : accept }");
        kinds = [.. Enumerable.Range(0, 4).Select(_ => Walk(counted, default))];
        Assert.Equal([VerdictKind.Drop, VerdictKind.Accept, VerdictKind.Drop, VerdictKind.Accept], kinds);
    }

    [Fact]
    public void Affinity_lasts_as_long_as_it_is_renewed()
    {
        const string set = "add set ip t s { type ipv4_addr ; flags dynamic,timeout ; timeout 10s ; }\n";
        using NftMatcher matcher = Input("ip saddr @s drop\nadd rule ip t input update @s { ip saddr }", before: set);
        Assert.Equal(VerdictKind.Accept, At(-50_000));
        Assert.Equal(VerdictKind.Drop, At(-40_001));
        Assert.Equal(VerdictKind.Accept, At(-40_000));
        Assert.Equal(VerdictKind.Drop, At(-30_001));
        Assert.Equal(1, matcher.DynamicElements);

        VerdictKind At(long nowMs)
        {
            PacketMeta meta = new() { NowMs = nowMs };
            return Run(matcher, Packet, ref meta).Kind;
        }
    }

    [Fact]
    public void Add_leaves_an_element_its_time_and_delete_takes_it_away()
    {
        const string set = "add set ip t s { type ipv4_addr ; flags dynamic,timeout ; timeout 10s ; elements = { 10.1.2.3 timeout 5s } ; }\n";
        using NftMatcher matcher = Input("add @s { ip saddr timeout 99s } ip saddr @s drop\nadd rule ip t a delete @s { ip saddr }", before: set);
        Assert.Equal(1, matcher.DynamicElements);
        Assert.Equal(VerdictKind.Drop, At(4_000, "input"));
        At(4_500, "a");
        Assert.Equal(0, matcher.DynamicElements);
        Assert.Equal(VerdictKind.Drop, At(6_000, "input"));
        Assert.Equal(1, matcher.DynamicElements);

        VerdictKind At(long nowMs, string chain)
        {
            PacketMeta meta = new() { NowMs = nowMs };
            return Run(matcher, Packet, ref meta, chain).Kind;
        }
    }

    [Fact]
    public void A_full_table_breaks_the_rule_until_elements_expire()
    {
        const string set = "add set ip t s { type ipv4_addr ; flags dynamic,timeout ; timeout 10s ; }\n";
        using NftMatcher matcher = Input("update @s { ip saddr } drop", before: set, options: Node with { DynamicSetElements = 2 });
        Assert.Equal(VerdictKind.Drop, From(1, 0));
        Assert.Equal(VerdictKind.Drop, From(2, 0));
        Assert.Equal(VerdictKind.Accept, From(3, 100));
        Assert.Equal(VerdictKind.Accept, From(3, 1_000));
        Assert.Equal(VerdictKind.Drop, From(3, 20_000));
        Assert.Equal(1, matcher.DynamicElements);

        VerdictKind From(int client, long nowMs)
        {
            PacketMeta meta = new() { NowMs = nowMs };
            return Run(matcher, TestPacket.Tcp($"10.1.2.{client}", "10.0.0.9"), ref meta).Kind;
        }
    }

    [Fact]
    public void Base_chains_run_by_priority_and_accept_ends_only_their_own()
    {
        using NftMatcher matcher = Matcher("""
            add table ip t
            add chain ip t late { type filter hook prerouting priority 10 ; }
            add chain ip t early { type filter hook prerouting priority -300 ; }
            add chain ip t nat { type nat hook prerouting priority 5 ; }
            add chain ip t before { type filter hook prerouting priority -110 ; }
            add rule ip t early mark set 0x1 accept
            add rule ip t before ip daddr 10.0.0.9 mark set mark or 0x2 accept
            add rule ip t before drop
            add rule ip t nat mark set mark or 0x4 dnat to 10.0.0.50:8080
            add rule ip t late ip daddr 10.0.0.50 mark and 0x7 == 0x7 drop
            """);
        PacketMeta meta = new() { State = ConnectionStates.New };
        TestPacket packet = Packet;
        PacketRandom random = new(1);
        GivenConnectionState connections = default;
        matcher.RunHook(Hook.PreRouting, packet.Bytes, packet.Info, ref meta, ref random, ref connections, out PacketVerdict verdict);
        Assert.Equal((VerdictKind.Drop, 7u, "10.0.0.50:8080"), (verdict.Kind, meta.Mark, packet.Destination));
        Assert.Equal("Drop by t late rule 1 (line 10)", matcher.Describe(verdict));

        meta.State = ConnectionStates.Established;
        matcher.RunHook(Hook.PreRouting, Packet.Bytes, packet.Info, ref meta, ref random, ref connections, out verdict);
        Assert.Equal((VerdictKind.Accept, 3u), (verdict.Kind, meta.Mark));
    }

    [Fact]
    public void A_rejected_packet_is_answered_as_filtering_answers()
    {
        using NftMatcher matcher = Input("reject");
        PacketMeta meta = default;
        PacketVerdict verdict = Run(matcher, Packet, ref meta);
        Assert.Equal((VerdictKind.Reject, RejectKind.PortUnreachable), (verdict.Kind, verdict.Reject));
        byte[] answer = new byte[RejectBuilder.MaxBytes];
        Assert.Equal(RejectStatus.Ok, RejectBuilder.TryBuild(verdict.Reject, Packet.Bytes, Packet.Info, meta, default, answer, out int length));
        Assert.True(length > 28);
    }

    [Fact]
    public void A_table_for_both_families_fits_each_by_its_addresses()
    {
        const string text = "add table inet t\nadd chain inet t input { type filter hook input priority 0 ; }\nadd rule inet t input ip saddr 10.1.2.3 drop\nadd rule inet t input ip6 saddr fd00::3 reject\n";
        using NftMatcher v4 = Matcher(text), v6 = Matcher(text, IpFamily.V6);
        Assert.True(v4.Find(NftFamily.Inet, "t", "input", out ChainId id));
        PacketMeta meta = default;
        PacketRandom random = new(1);
        v4.Evaluate(id, Packet.Bytes, Packet.Info, ref meta, ref random, out PacketVerdict verdict);
        Assert.Equal(VerdictKind.Drop, verdict.Kind);
        TestPacket wide = TestPacket.Tcp("fd00::3", "fd00::9");
        v6.Evaluate(id, wide.Bytes, wide.Info, ref meta, ref random, out verdict);
        Assert.Equal((VerdictKind.Reject, RejectKind.V6PortUnreachable), (verdict.Kind, verdict.Reject));
        v6.Evaluate(id, Packet.Bytes, Packet.Info, ref meta, ref random, out verdict);
        Assert.Equal(VerdictKind.NotApplicable, verdict.Kind);
    }

    [Fact]
    public void Counters_go_on_from_the_text()
    {
        using NftMatcher matcher = Input("tcp dport 80 counter packets 5 bytes 500 accept");
        PacketMeta meta = default;
        PacketVerdict verdict = Run(matcher, Packet, ref meta);
        Assert.True(matcher.TryGetCounters(verdict.Rule, out RuleCounters counters));
        Assert.Equal((6ul, 500 + (ulong)Packet.Info.L3Length), (counters.Packets, counters.Bytes));
    }

    [Theory]
    [InlineData("add rule ip t a jump a", "chain t a comes back to itself")]
    [InlineData("add rule ip t a jump b\nadd rule ip t b goto a", "comes back to itself")]
    [InlineData("add rule ip t a jump nowhere", "t a rule 1 (line 6): there is no chain nowhere in table t")]
    [InlineData("add rule ip t a jump input", "t a rule 1 (line 6): input is a base chain")]
    [InlineData("add rule ip t a ip saddr @nothing drop", "t a rule 1 (line 6): there is no set nothing in table t")]
    [InlineData("add rule ip t a th dport @s drop", "t a rule 1 (line 6): the key DestinationPort is not of set s; expected Ipv4Address")]
    [InlineData("add rule ip t a update @s { ip saddr }", "t a rule 1 (line 6): set s is not dynamic")]
    [InlineData("add rule ip t a tcp dport vmap { 1-5 : drop , 3 : accept }", "two ranges of a map overlap")]
    [InlineData("add rule ip t a tcp dport vmap { 3 : drop , 3 : accept }", "two verdicts for one key")]
    public void What_cannot_be_is_refused(string rules, string message)
    {
        RulesetException error = Assert.Throws<RulesetException>(() => Matcher(
            $"add table ip t\nadd chain ip t a\nadd chain ip t b\nadd chain ip t input {{ type filter hook input priority 0 ; }}\nadd set ip t s {{ type ipv4_addr ; }}\n{rules}"));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Chains_call_sixteen_deep_and_no_deeper()
    {
        using NftMatcher deep = Matcher(Nested(16));
        Assert.True(deep.Find(NftFamily.Ip, "t", "c0", out ChainId id));
        PacketMeta meta = default;
        PacketRandom random = new(1);
        deep.Evaluate(id, Packet.Bytes, Packet.Info, ref meta, ref random, out PacketVerdict verdict);
        Assert.Equal((VerdictKind.Accept, 0x10u), (verdict.Kind, meta.Mark));
        Assert.Throws<RulesetException>(() => Matcher(Nested(17)));

        static string Nested(int depth) => "add table ip t\n"
            + string.Concat(Enumerable.Range(0, depth + 1).Select(i => $"add chain ip t c{i}\n"))
            + string.Concat(Enumerable.Range(0, depth).Select(i => $"add rule ip t c{i} jump c{i + 1}\n"))
            + $"add rule ip t c{depth} mark set 0x10\n";
    }

    /// <summary>Rules and services by the thousand: every service is one look away, nothing is allocated, bursts are single calls.</summary>
    [Fact]
    public void A_cluster_is_served_without_allocation_and_bursts_are_loops()
    {
        Cluster cluster = ClusterGenerator.Generate(new() { Services = 300, EndpointsPerService = 3, AffinityShare = 0.3, Families = IpFamilies.DualStack });
        foreach (IpFamily family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
        {
            System.Net.Sockets.AddressFamily sockets = family == IpFamily.V4 ? System.Net.Sockets.AddressFamily.InterNetwork : System.Net.Sockets.AddressFamily.InterNetworkV6;
            string text = KubeProxyNftables.ToText(cluster, new() { Family = sockets });
            using NftMatcher matcher = new(NftParser.Parse(text), family);
            string client = family == IpFamily.V4 ? "10.128.3.3" : "fd00:10:128::3";
            foreach (ClusterService service in cluster.Services)
            {
                TestPacket packet = TestPacket.OfProtocol(service.Ports[0].Protocol.ToString().ToLowerInvariant(), client, service.ClusterIP(sockets)!.ToString(), service.Ports[0].Port);
                PacketInfo info = packet.Info;
                byte[] frame = new byte[packet.Bytes.Length];
                PacketMeta meta = new() { State = ConnectionStates.New };
                PacketRandom random = new(7);
                GivenConnectionState connections = default;
                PacketVerdict verdict = default;
                packet.Bytes.CopyTo(frame, 0);
                matcher.Traverse(frame, info, ref meta, ref random, ref connections, out verdict);
                bool usable = service.Ports[0].Endpoints.Any(e => e.Address.AddressFamily == sockets && e.Ready);
                Assert.Equal(usable ? NatKind.Dnat : NatKind.None, verdict.Destination.Kind);
            }

            ClusterService one = cluster.Services[0];
            TestPacket again = TestPacket.OfProtocol(one.Ports[0].Protocol.ToString().ToLowerInvariant(), client, one.ClusterIP(sockets)!.ToString(), one.Ports[0].Port);
            byte[] room = new byte[again.Bytes.Length];
            PacketInfo known = again.Info;
            Allocation.IsZero(() =>
            {
                again.Bytes.CopyTo(room, 0);
                PacketMeta meta = new() { State = ConnectionStates.New };
                PacketRandom random = new(7);
                GivenConnectionState connections = default;
                matcher.Traverse(room, known, ref meta, ref random, ref connections, out _);
            });
        }
    }

    internal static NftMatcher Matcher(string text, IpFamily family = IpFamily.V4, MatcherOptions? options = null) =>
        new(NftParser.Parse(text), family, options ?? Node);

    /// <summary>A table with input, a and b, and these rules in input.</summary>
    private static NftMatcher Input(string rules, string before = "", string policy = "", IpFamily family = IpFamily.V4, MatcherOptions? options = null)
    {
        string table = family == IpFamily.V4 ? "ip t" : "ip6 t";
        return Matcher($"add table {table}\n{before}add chain {table} a\nadd chain {table} b\nadd chain {table} input {{ type filter hook input priority 0 ; {policy} }}\nadd rule {table} input {rules}\n", family, options);
    }

    private static PacketVerdict Run(NftMatcher matcher, TestPacket packet, ref PacketMeta meta, string chain = "input")
    {
        Assert.True(matcher.Find(matcher.Family == IpFamily.V4 ? NftFamily.Ip : NftFamily.Ip6, "t", chain, out ChainId id));
        PacketRandom random = new(1);
        matcher.Evaluate(id, packet.Bytes, packet.Info, ref meta, ref random, out PacketVerdict verdict);
        return verdict;
    }

    private static VerdictKind Walk(NftMatcher matcher, ScriptedRandom random)
    {
        matcher.Find(NftFamily.Ip, "t", "input", out ChainId id);
        PacketMeta meta = default;
        matcher.Evaluate(id, Packet.Bytes, Packet.Info, ref meta, ref random, out PacketVerdict verdict);
        return verdict.Kind;
    }
}
