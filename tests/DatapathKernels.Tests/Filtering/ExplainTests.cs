using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Explanations: what they say, that they are right, and that they change nothing.</summary>
public class ExplainTests
{
    private static readonly TestPacket Syn = TestPacket.Tcp("10.1.2.3", "10.96.0.10");

    [Fact]
    public void A_service_is_explained_as_an_engineer_would()
    {
        string text = Rulesets.Table("nat", ["PREROUTING", "KUBE-SERVICES", "KUBE-SVC", "KUBE-SEP", "KUBE-MARK-MASQ"],
            [
                "-A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES",
                .. Enumerable.Range(11, 40).Select(i => $"-A KUBE-SERVICES -d 10.96.0.{i}/32 -p tcp -m tcp --dport 80 -j KUBE-SVC"),
                "-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m udp --dport 80 -j KUBE-SVC",
                "-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j KUBE-SVC",
                "-A KUBE-SVC ! -s 10.244.0.0/16 -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ",
                "-A KUBE-SVC -j KUBE-SEP",
                "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
                "-A KUBE-SEP -s 10.244.1.7/32 -j KUBE-MARK-MASQ",
                "-A KUBE-SEP -p tcp -m tcp -j DNAT --to-destination 10.244.1.7:8080",
            ]);
        using LinearMatcher matcher = new(Rulesets.Parse(text), MatcherHarness.Node);
        Assert.True(matcher.Find(TableKind.Nat, "PREROUTING", out ChainId chain));

        Explanation explanation = matcher.Explain(chain, Syn.Bytes, Syn.Info, new PacketMeta { State = ConnectionStates.New, InInterface = 2 }, new PacketRandom(1));

        Assert.Equal($"""
            packet: tcp 10.1.2.3:40000 -> 10.96.0.10:80, {Syn.Bytes.Length} bytes, ttl 64, in eth0, mark 0x0, state NEW
            nat/PREROUTING rule 1 (line 7): every packet: jump to KUBE-SERVICES
            nat/KUBE-SERVICES rules 1-41: destination differs (40), protocol differs (1)
            nat/KUBE-SERVICES rule 42 (line 49): destination 10.96.0.10/32, protocol tcp, destination port 80: jump to KUBE-SVC
            nat/KUBE-SVC rule 1 (line 50): source not 10.244.0.0/16, destination 10.96.0.10/32, protocol tcp, destination port 80: jump to KUBE-MARK-MASQ
            nat/KUBE-MARK-MASQ rule 1 (line 52): every packet: mark 0x4000/0x4000; mark 0x0 becomes 0x4000
            nat/KUBE-MARK-MASQ: end of the chain
            nat/KUBE-SVC rule 2 (line 51): every packet: jump to KUBE-SEP
            nat/KUBE-SEP rule 1 (line 53): source 10.1.2.3 is not 10.244.1.7/32
            nat/KUBE-SEP rule 2 (line 54): protocol tcp: DNAT to 10.244.1.7 port 8080
            verdict: Accept by nat/KUBE-SEP rule 2 (line 54); DNAT: destination 10.244.1.7 port 8080

            """.ReplaceLineEndings("\n"), explanation.ToString());
        Assert.Equal(0x4000u, explanation.Meta.Mark);
    }

    [Theory]
    [InlineData("-s 10.2.0.0/16", "source 10.1.2.3 is not 10.2.0.0/16")]
    [InlineData("! -d 10.96.0.0/12", "destination 10.96.0.10 is 10.96.0.0/12")]
    [InlineData("-i eth+", "in-interface (none) is not eth+")]
    [InlineData("-p udp", "protocol tcp is not udp")]
    [InlineData("-f", "packet (whole or a first fragment) is not a later fragment")]
    [InlineData("-p tcp -m tcp --dport 443:500", "destination port 80 is not 443:500")]
    [InlineData("-p tcp -m tcp ! --syn", "TCP flags SYN is SYN of FIN,SYN,RST,ACK")]
    [InlineData("-p tcp -m tcp --tcp-option 2", "TCP options without kind 2 is not with kind 2")]
    [InlineData("-p tcp -m multiport --dports 22,443", "destination port 80 is not one of 22,443")]
    [InlineData("-m mark --mark 0x1/0xf", "mark 0x0 is not 0x1/0xf")]
    [InlineData("-m connmark --mark 1", "connmark 0x0 is not 0x1/0xffffffff")]
    [InlineData("-m conntrack --ctstate RELATED,ESTABLISHED", "state NEW is not ESTABLISHED, RELATED")]
    [InlineData("-m conntrack --ctorigdstport 80", "connection's OriginalDestinationPort (unknown) is not known")]
    [InlineData("-m ttl --ttl-lt 10", "ttl 64 is not below 10")]
    [InlineData("-m length --length 1000:", "length 44 is not 1000:65535")]
    [InlineData("-m dscp --dscp-class EF", "DSCP 0x00 is not 0x2e")]
    [InlineData("-m iprange --src-range 10.1.2.4-10.1.2.9", "source 10.1.2.3 is not 10.1.2.4-10.1.2.9")]
    [InlineData("-m mac --mac-source 02:00:00:00:00:01", "Ethernet header (missing) is not present")]
    [InlineData("-m pkttype --pkt-type multicast", "packet type host is not multicast")]
    [InlineData("-m u32 --u32 0=1", "u32 false is not 0x0=0x1")]
    [InlineData("-m addrtype --dst-type LOCAL", "destination type UNICAST is not LOCAL")]
    [InlineData("-m statistic --mode nth --every 3 --packet 2", "count is not packet 2 of every 3")]
    [InlineData("-m statistic --mode random --probability 0", "draw is not below a probability of 0")]
    [InlineData("-m recent --rcheck --name bad --seconds 60", "source 10.1.2.3 is not in list bad within 60 s")]
    [InlineData("-m set --match-set S src,dst", "packet is not in set S by src,dst")]
    public void A_rule_that_does_not_match_says_why(string words, string why)
    {
        IpSetCollection sets = new();
        sets.Add(new IpSet("S", IpSetKind.HashIp));
        string text = Rulesets.Table("filter", ["INPUT"], $"-A INPUT {words} -j DROP");
        using LinearMatcher matcher = new(Rulesets.Parse(text), MatcherHarness.Node with { Sets = sets });
        matcher.Find(TableKind.Filter, "INPUT", out ChainId chain);
        Explanation explanation = matcher.Explain(chain, Syn.Bytes, Syn.Info, new PacketMeta { State = ConnectionStates.New }, new PacketRandom(1));
        Assert.Equal($"filter/INPUT rule 1 (line 3): {why.Replace("44", $"{Syn.Bytes.Length}")}", explanation.Steps[1].ToString());
    }

    [Fact]
    public void A_whole_way_through_the_node_is_told_table_by_table()
    {
        string text = Rulesets.Table("mangle", ["PREROUTING", "FORWARD"], "-A FORWARD -j MARK --set-mark 7")
            + Rulesets.Table("nat", ["PREROUTING", "POSTROUTING"], "-A PREROUTING -p tcp -j DNAT --to-destination 10.244.1.7:8080", "-A POSTROUTING -j MASQUERADE")
            + Rulesets.Table("filter", ["FORWARD"], "-A FORWARD -d 10.244.1.7 -m mark --mark 7 -j ACCEPT");
        using IndexedMatcher matcher = new(Rulesets.Parse(text), MatcherHarness.Node);
        PacketMeta meta = new() { State = ConnectionStates.New, InInterface = 2, OutInterface = 3 };
        Explanation explanation = matcher.ExplainTraverse(Syn.Bytes, Syn.Info, meta, new PacketRandom(1), default(GivenConnectionState));
        Assert.Equal(
            [
                "", "mangle/PREROUTING", "nat/PREROUTING", "mangle/FORWARD", "mangle/FORWARD", "filter/FORWARD", "nat/POSTROUTING", "",
            ], explanation.Steps.Select(step => step.Chain));
        Assert.EndsWith("DNAT: destination 10.244.1.7 port 8080; MASQUERADE: source", explanation.Steps[^1].Text);
    }

    [Fact]
    public void Thirty_thousand_rules_stay_readable_unless_every_rule_is_asked_for()
    {
        string text = Rulesets.Table("filter", ["INPUT"], [.. Enumerable.Range(0, 30_000).Select(i => $"-A INPUT -d 10.{i >> 12}.{(i >> 4) & 255}.{i & 15}/32 -j DROP")]);
        using LinearMatcher matcher = new(Rulesets.Parse(text));
        matcher.Find(TableKind.Filter, "INPUT", out ChainId chain);
        Explanation brief = matcher.Explain(chain, Syn.Bytes, Syn.Info, default, new PacketRandom(1));
        Assert.Equal(["filter/INPUT rules 1-30000: destination differs", "filter/INPUT: policy accept"], brief.Steps.Skip(1).SkipLast(1).Select(step => step.ToString()));
        Explanation full = matcher.Explain(chain, Syn.Bytes, Syn.Info, default, new PacketRandom(1), everyRule: true);
        Assert.Equal(30_003, full.Steps.Count);
    }

    [Fact]
    public void What_is_no_packet_of_the_family_is_said_to_be_none()
    {
        using LinearMatcher matcher = MatcherHarness.Filter("-A INPUT -j DROP");
        matcher.Find(TableKind.Filter, "INPUT", out ChainId chain);
        TestPacket six = TestPacket.Tcp("fd00::9", "fd00::1");
        Explanation explanation = matcher.Explain(chain, six.Bytes, six.Info, default, new PacketRandom(1));
        Assert.Equal("packet: not a well-formed IPv4 packet\nverdict: NotApplicable\n", explanation.ToString());
    }

    [Fact]
    public void Unknown_matches_are_named()
    {
        using VectorMatcher matcher = new(Rulesets.Parse(Rulesets.Table("filter", ["INPUT"], "-A INPUT -m physdev --physdev-is-bridged -j DROP")));
        matcher.Find(TableKind.Filter, "INPUT", out ChainId chain);
        Explanation explanation = matcher.Explain(chain, Syn.Bytes, Syn.Info, default, new PacketRandom(1));
        Assert.Contains("match physdev is not evaluated", explanation.Steps[1].Text);
        Assert.Equal(VerdictKind.UnknownMatch, explanation.Verdict.Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_explanation_agrees_with_the_walk_and_changes_nothing(bool v6)
    {
        for (int seed = 0; seed < 40; seed++)
        {
            Random random = new(seed);
            Ruleset ruleset = Rulesets.Parse(RandomRules.Text(random, v6, 12));
            using CompiledRuleset compiled = new(ruleset, MatcherHarness.Node);
            using ChainMatcher matcher = (seed % 3) switch
            {
                0 => new LinearMatcher(compiled),
                1 => new VectorMatcher(compiled),
                _ => new IndexedMatcher(compiled),
            };
            Assert.True(matcher.Find(TableKind.Nat, "PREROUTING", out ChainId chain));
            PacketRandom draws = new((ulong)seed);
            for (int i = 0; i < 25; i++)
            {
                TestPacket packet = RandomRules.Packet(random, v6);
                PacketMeta meta = new() { NowMs = i * 1000L, State = (ConnectionStates)(1 << random.Next(5)), Mark = (uint)random.Next(4) };
                string before = IptablesSaveWriter.Write(matcher.Snapshot(), counters: true);
                Explanation told = matcher.Explain(chain, packet.Bytes, packet.Info, meta, draws, everyRule: i % 2 == 0);
                Explanation again = matcher.Explain(chain, packet.Bytes, packet.Info, meta, draws, everyRule: i % 2 == 0);
                Assert.Equal(before, IptablesSaveWriter.Write(matcher.Snapshot(), counters: true));
                Assert.Equal(told.ToString(), again.ToString());
                Assert.DoesNotContain("one that can match", told.ToString());

                matcher.Evaluate(chain, packet.Bytes, packet.Info, ref meta, ref draws, out PacketVerdict verdict);
                Assert.Equal(RandomRules.Words(matcher, verdict), RandomRules.Words(matcher, told.Verdict));
                Assert.Equal(meta, told.Meta);
                Assert.Equal(packet.Bytes, told.Frame.ToArray());
            }
        }
    }
}
