using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.Formats.Iptables;

public class IptablesParserTests
{
    [Theory]
    [InlineData("", "test:1:1: expected a table")]
    [InlineData("hello\nworld\n", "test:2:1: expected a table")]
    [InlineData("-A INPUT -j DROP\n", "test:1:1: expected a table ('*nat', '*filter', ...) before '-A'")]
    [InlineData("*nut\n", "test:1:1: expected *raw, *mangle, *nat, *filter or *security, found '*nut'")]
    [InlineData("COMMIT\n", "test:1:1: expected a table")]
    [InlineData("*filter\n*nat\n", "test:2:1: expected COMMIT of table filter (line 1)")]
    [InlineData("*filter\n:INPUT MAYBE [0:0]\n", "test:2:8: expected policy ACCEPT or DROP, found 'MAYBE'")]
    [InlineData("*filter\n:A ACCEPT [0:0]\n", "test:2:4: expected '-' as the policy of user chain A")]
    [InlineData("*filter\n:INPUT ACCEPT [0]\n", "test:2:15: expected counters like [0:0]")]
    [InlineData("*filter\n:INPUT\n", "test:2:7: expected a policy")]
    [InlineData("*filter\nhello\n", "test:2:1: expected ':CHAIN', '-A' or another command, or COMMIT, found 'hello'")]
    [InlineData("*filter\n-A A -j DROP\n", "test:2:4: expected a chain of table filter, found 'A', which is not declared")]
    [InlineData("*filter\n:INPUT ACCEPT\n-D INPUT 1\n", "test:3:1: expected -A, -I, -N, -P, -F or -X, found '-D'")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -m multiport --dports 80,443\n", "test:3:23: expected -p tcp, udp, udplite, sctp or dccp in a rule with -m multiport")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT ! -p tcp -m multiport --dports 80\n", "test:3:32: expected -p tcp, udp")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -p udp -m ecn --ecn-tcp-cwr\n", "test:3:24: expected -p tcp in a rule with -m ecn")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -m tcp --dport 80\n", "test:3:17: expected -p tcp in a rule with -m tcp")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT ! -p tcp -m tcp --dport 80\n", "test:3:26: expected -p tcp in a rule with -m tcp")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -p tcp -m udp --dport 80\n", "test:3:24: expected -p udp in a rule with -m udp")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -m icmp -j DROP\n", "test:3:")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT ! -p all\n", "test:3:15: expected a protocol behind '! -p', found one that no packet lacks")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -s fd00::1 -f\n", "test:3:21: expected an option of ip6tables, which has no -f")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT ! -s 10.0.0.1,10.0.0.2\n", "test:3:15: expected one address behind '!', found several")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14:15,16\n", "test:3:39: expected at most 15 ports, a range being two")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -s 10.0.0.300\n", "test:3:13: expected an address like 10.0.0.0/8 or fd00::/8, found '10.0.0.300'")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -s 10.0.0.0/33\n", "test:3:13: expected an address")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -s 10.0.0.1 -d fd00::1\n", "test:3:25: expected an IPv4 address, found 'fd00::1'")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -s\n", "test:3:12: expected an address, found the end of the line")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -p tcp --dport 99999\n", "test:3:25: expected a port or a range like 1024:65535, found '99999'")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT --dport 80\n", "test:3:10: expected an option of iptables")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -p tcp -p tcp\n", "test:3:20: expected this option once")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -j ACCEPT -j DROP\n", "test:3:23: expected one target")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -g LOST\n", "test:3:13: expected a chain of table filter, found 'LOST'")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -m statistic --mode random --probability 1.5\n", "test:3:51: expected a probability from 0 to 1, found '1.5'")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -m comment --comment \"open\n", "test:3:31: expected a closing quote")]
    [InlineData("*nat\n:PREROUTING ACCEPT\n-A PREROUTING -j DNAT --to-destination 10.0.0.1:x\n", "test:3:40: expected an address range and ports")]
    [InlineData("*filter\n:INPUT ACCEPT\n-A INPUT -j REJECT --reject-with nothing\n", "test:3:34: expected a reject type")]
    public void Faults_are_named_with_file_line_column_and_what_was_expected(string text, string expected) =>
        Assert.StartsWith(expected, Assert.Throws<IptablesFormatException>(() => Rulesets.Parse(text)).Message);

    [Theory]
    [InlineData("-p tcp --dport 80", "-p tcp -m tcp --dport 80")]
    [InlineData("-m tcp -p tcp -d 10.0.0.1 --dport 80", "-d 10.0.0.1/32 -p tcp -m tcp --dport 80")]
    [InlineData("--protocol tcp --destination-port=80 --jump DROP", "-p tcp -m tcp --dport 80 -j DROP")]
    [InlineData("-s ! 10.0.0.0/8", "! -s 10.0.0.0/8")]
    [InlineData("-p tcp --dport ! 80", "-p tcp -m tcp ! --dport 80")]
    [InlineData("-s 0.0.0.0/0 -p all", "")]
    [InlineData("-s 10.0.0.1/255.255.0.0", "-s 10.0.0.0/16")]
    [InlineData("-s 10.0.0.1/255.0.0.255", "-s 10.0.0.1/255.0.0.255")]
    [InlineData("-p 6", "-p tcp")]
    [InlineData("-p tcp --syn", "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN")]
    [InlineData("-m mark --mark 0x00004000/0x00004000", "-m mark --mark 0x4000/0x4000")]
    [InlineData("-m mark --mark 16", "-m mark --mark 0x10")]
    [InlineData("-j MARK --or-mark 0x4000", "-j MARK --set-xmark 0x4000/0x4000")]
    [InlineData("-j MARK --xor-mark 0x4000", "-j MARK --set-xmark 0x4000/0x0")]
    [InlineData("-j MARK --set-mark 1", "-j MARK --set-xmark 0x1/0xffffffff")]
    [InlineData("-m statistic --mode random --probability 0.3333333333", "-m statistic --mode random --probability 0.33333333349")]
    [InlineData("-m statistic --mode random --probability 0.33333", "-m statistic --mode random --probability 0.33332999982")]
    [InlineData("-m recent --rcheck --name X", "-m recent --rcheck --name X --mask 255.255.255.255 --rsource")]
    [InlineData("-m comment --comment plain", "-m comment --comment plain")]
    [InlineData("-m comment --comment ns/name:port", "-m comment --comment \"ns/name:port\"")]
    [InlineData("-m comment --comment \"say \\\"hi\\\" \\\\ -j DROP\"", "-m comment --comment \"say \\\"hi\\\" \\\\ -j DROP\"")]
    [InlineData("-m comment --comment \"\"", "-m comment --comment \"\"")]
    [InlineData("-m comment --comment two words -j DROP", "-m comment --comment \"two words\" -j DROP")]
    [InlineData("-j REJECT", "-j REJECT --reject-with icmp-port-unreachable")]
    [InlineData("-m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL", "-m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL")]
    [InlineData("-p tcp -m tcp --dport 1 --tcp-option 5", "-p tcp -m tcp --dport 1 --tcp-option 5")]
    [InlineData("-m conntrack --ctorigdstport 80 -j LOG --log-prefix \"a \\\"b\" --log-level 4", "-m conntrack --ctorigdstport 80 -j LOG --log-prefix \"a \\\"b\"")]
    [InlineData("-m state --state RELATED,NEW", "-m state --state NEW,RELATED")]
    [InlineData("-j REJECT -p tcp --dport 80 --reject-with tcp-reset", "-p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset")]
    [InlineData("-j LOG -m limit --limit 5/min --log-level 7", "-m limit --limit 5/min -j LOG --log-level 7")]
    [InlineData("-j TEE --gateway 10.0.0.1 -p udp -m udp --dport 53", "-p udp -m udp --dport 53 -j TEE --gateway 10.0.0.1")]
    [InlineData("-j MARK --set-mark 1 -m physdev --physdev-is-in", "-m physdev --physdev-is-in -j MARK --set-xmark 0x1/0xffffffff")]
    [InlineData("-m physdev -j LOG --log-prefix a --log-foo 1", "-m physdev -j LOG --log-prefix a --log-foo 1")]
    [InlineData("-i + -s 10.0.0.1", "-s 10.0.0.1/32")]
    [InlineData("! -f", "! -f")]
    [InlineData("-g CHAIN", "-g CHAIN")]
    public void Every_spelling_comes_back_in_the_words_of_iptables_save(string words, string expected)
    {
        Ruleset ruleset = Rulesets.Parse(Rulesets.Table("filter", ["INPUT", "CHAIN"], ("-A INPUT " + words).TrimEnd()));
        string line = Assert.Single(IptablesSaveWriter.Write(ruleset).Split('\n'), text => text.StartsWith("-A ", StringComparison.Ordinal));
        Assert.Equal(("-A INPUT " + expected).TrimEnd(), line);
        Rulesets.AssertRoundTrips(ruleset);
    }

    [Fact]
    public void Several_addresses_make_several_rules()
    {
        Ruleset ruleset = Rulesets.Parse(
            Rulesets.Table("filter", ["INPUT"], "-A INPUT -s 10.0.0.1,10.1.0.0/16 -d 10.2.0.0/16,0.0.0.0/0 -p tcp -j DROP", "-I INPUT -s 10.0.0.3,10.0.0.4"), out IptablesReport report);
        Assert.Equal(
            ["-s 10.0.0.4/32", "-s 10.0.0.3/32", "-s 10.0.0.1/32 -d 10.2.0.0/16 -p tcp -j DROP", "-s 10.0.0.1/32 -p tcp -j DROP", "-s 10.1.0.0/16 -d 10.2.0.0/16 -p tcp -j DROP", "-s 10.1.0.0/16 -p tcp -j DROP"],
            IptablesSaveWriter.Write(ruleset).Split('\n').Where(line => line.StartsWith("-A ", StringComparison.Ordinal)).Select(line => line["-A INPUT ".Length..]));
        Assert.Equal(6, report.Rules);
        Assert.All(ruleset.Find(TableKind.Filter, "INPUT")!.Rules.Skip(2), rule => Assert.Equal(3, rule.Line));
        Rulesets.AssertRoundTrips(ruleset);
    }

    [Fact]
    public void Commands_of_iptables_restore()
    {
        Ruleset ruleset = Rulesets.Parse("*filter\n:INPUT ACCEPT [0:0]\n-N A\n-P INPUT DROP\n-A INPUT -j A\n-I INPUT -p tcp\n-I INPUT 2 -p udp\n-N B\n-X B\n-A A -j DROP\n-F A\nCOMMIT\n");
        Chain input = ruleset.Find(TableKind.Filter, "INPUT")!;
        Assert.True(input.DropPolicy);
        Assert.Equal([IpProtocol.Tcp, IpProtocol.Udp, null], input.Rules.Select(rule => rule.Matches is [ProtocolMatch protocol] ? protocol.Protocol : (IpProtocol?)null));
        Assert.Empty(ruleset.Find(TableKind.Filter, "A")!.Rules);
        Assert.Null(ruleset.Find(TableKind.Filter, "B"));
    }

    [Fact]
    public void The_list_of_one_table_has_no_header()
    {
        Ruleset ruleset = Rulesets.Parse("-P PREROUTING ACCEPT\n-N KUBE-SERVICES\n-A PREROUTING -j KUBE-SERVICES\n", out IptablesReport report, new IptablesParseOptions { DefaultTable = TableKind.Nat });
        Assert.Null(report.Truncation);
        Assert.Equal(new JumpTarget("KUBE-SERVICES"), ruleset.Find(TableKind.Nat, "PREROUTING")!.Rules[0].Target);
    }

    [Theory]
    [InlineData("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -j DROP\n-A INPUT -p udp -j DR", 1, "test:4: cut off within line 4, in table filter")]
    [InlineData("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -j DROP\n", 1, "test:3: cut off after line 3, in table filter that starts on line 1")]
    [InlineData("*filter\nCOMMIT\n*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j ACCEPT\n-A PREROUTING -m comment --comment \"half", 1, "test:6: cut off within line 6, in table nat")]
    public void A_cut_keeps_everything_before_it_and_is_reported(string text, int rules, string expected)
    {
        Ruleset ruleset = Rulesets.Parse(text, out IptablesReport report);
        Assert.Equal(rules, ruleset.RuleCount);
        Assert.StartsWith(expected, report.Truncation);
    }

    [Fact]
    public void A_text_that_ends_with_COMMIT_is_whole_without_a_line_feed()
    {
        Rulesets.Parse("*filter\nCOMMIT", out IptablesReport report);
        Assert.Null(report.Truncation);
    }

    [Fact]
    public void Unknown_kinds_are_listed_once_with_their_lines()
    {
        Rulesets.Parse(Rulesets.Table("filter", ["INPUT"], "-A INPUT -m physdev --physdev-is-in", "-A INPUT -j TEE", "-A INPUT -m physdev --physdev-is-out -j TEE"), out IptablesReport report);
        Assert.Equal(["match physdev (lines 3, 5)", "target TEE (lines 4, 5)"], report.Unknown.Select(kind => kind.ToString()));
    }

    [Fact]
    public void Lines_outside_of_tables_are_passed_over_and_reported()
    {
        Rulesets.Parse("root@node:~# iptables-save\r\n# x\r\n*filter\r\n:INPUT ACCEPT [0:0]\r\nCOMMIT\r\n\r\nroot@node:~#\r\n", out IptablesReport report);
        Assert.Equal(2, report.Warnings.Count);
        Assert.StartsWith("test:1: passed over", report.Warnings[0]);
    }

    [Fact]
    public void The_family_may_be_told_late()
    {
        Ruleset ruleset = Rulesets.Parse("*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j MASQUERADE\n-A POSTROUTING -m recent --set\n-A POSTROUTING -s fd00::1\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j REJECT\nCOMMIT\n");
        Assert.Equal(IpFamily.V6, ruleset.Family);
        Chain chain = ruleset.Find(TableKind.Nat, "POSTROUTING")!;
        Assert.Equal(IpFamily.V6, Assert.IsType<NatTarget>(chain.Rules[0].Target).Family);
        Assert.Equal(UInt128.MaxValue, Assert.IsType<RecentMatch>(chain.Rules[1].Matches[0]).Mask);
        Assert.Equal(new RejectTarget(RejectKind.V6PortUnreachable), ruleset.Find(TableKind.Filter, "INPUT")!.Rules[0].Target);
    }

    [Fact]
    public void Random_bytes_and_every_cut_of_a_text_are_read_or_refused()
    {
        string text = Rulesets.Table("nat", ["PREROUTING", "A"], "[1:2] -A PREROUTING ! -s 10.0.0.0/8 -p tcp -m comment --comment \"a \\\" b\" -m multiport --dports 1,2:3 -m statistic --mode nth --every 2 --packet 1 -j A", "-A A -p udp -j DNAT --to-destination 10.0.0.1-10.0.0.2:1-2 --random");
        for (int length = 0; length < text.Length; length++)
            TryParse(System.Text.Encoding.UTF8.GetBytes(text[..length]));
        Random random = new(7);
        byte[] original = System.Text.Encoding.UTF8.GetBytes(text);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = (byte[])original.Clone();
            for (int change = 0; change < 3; change++)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            TryParse(bytes);
        }
    }

    private static void TryParse(byte[] bytes)
    {
        try
        {
            IptablesSaveParser.Parse(bytes, null, out _);
        }
        catch (IptablesFormatException)
        {
            // refused with a place and a reason: the other right answer
        }
    }
}
