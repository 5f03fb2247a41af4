using System.Text.Json;
using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;
using DatapathKernels.Formats.Nft;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Formats.Nft;

/// <summary>Reading nftables text, as commands and as blocks, and writing it again.</summary>
public class NftParserTests
{
    private const string Listed = """
        table ip kube-proxy { # handle 1
            comment "rules for kube-proxy"
            set cluster-ips {
                type ipv4_addr
                comment "Active ClusterIPs"
                elements = { 172.30.0.41, 172.30.0.42 }
            }

            set affinity-GTK6MW7G-ns5/svc5/tcp/p80__10.180.0.3/80 {
                type ipv4_addr
                size 65535
                flags dynamic,timeout
                timeout 3h
                elements = { 10.0.0.9 timeout 3h expires 2h59m57s }
            }

            map service-ips {
                type ipv4_addr . inet_proto . inet_service : verdict
                elements = { 172.30.0.41 . tcp . 80 : goto service-ULMVA6XW-ns1/svc1/tcp/p80,
                             172.30.0.42 . tcp . 80 comment "ns2/svc2:p80" : drop }
            }

            chain filter-prerouting {
                type filter hook prerouting priority dstnat - 10; policy accept;
                ct state new jump firewall-check
            }

            chain firewall-check {
                counter packets 3 bytes 180 ip daddr . meta l4proto . th dport vmap { 5.6.7.8 . tcp . 80 : drop }
            }

            chain nat-prerouting {
                type nat hook prerouting priority dstnat; policy accept;
                ip daddr . meta l4proto . th dport vmap @service-ips
            }

            chain masquerading {
                comment "source translation"
                meta mark & 0x00004000 == 0x00000000 return
                meta mark set meta mark ^ 0x00004000
                masquerade fully-random
            }

            chain mark-for-masquerade {
                meta mark set meta mark | 0x00004000
            }

            chain service-ULMVA6XW-ns1/svc1/tcp/p80 {
                ip daddr 172.30.0.41 tcp dport 80 ip saddr != 10.0.0.0/8 jump mark-for-masquerade
                ip saddr @affinity-GTK6MW7G-ns5/svc5/tcp/p80__10.180.0.3/80 goto endpoint
                numgen random mod 1 vmap { 0 : goto endpoint }
            }

            chain endpoint {
                update @affinity-GTK6MW7G-ns5/svc5/tcp/p80__10.180.0.3/80 { ip saddr timeout 3h }
                meta l4proto tcp dnat to 10.180.0.1:80
            }

            chain reject-chain {
                iifname != "lo" reject with icmp port-unreachable
            }
        }
        """;

    [Fact]
    public void Blocks_and_commands_are_one_ruleset()
    {
        string commands = NftWriter.ToText(NftParser.Parse(Listed));
        string[] lines = commands.Split('\n');
        Assert.Contains("add table ip kube-proxy { comment \"rules for kube-proxy\" ; }", lines);
        Assert.Contains("add chain ip kube-proxy filter-prerouting { type filter hook prerouting priority -110 ; }", lines);
        Assert.Contains("add rule ip kube-proxy masquerading mark and 0x4000 == 0 return", lines);
        Assert.Contains("add rule ip kube-proxy masquerading mark set mark xor 0x4000", lines);
        Assert.Contains("add rule ip kube-proxy mark-for-masquerade mark set mark or 0x4000", lines);
        Assert.Contains("add element ip kube-proxy service-ips { 172.30.0.42 . tcp . 80 comment \"ns2/svc2:p80\" : drop }", lines);
        Assert.Contains("add set ip kube-proxy affinity-GTK6MW7G-ns5/svc5/tcp/p80__10.180.0.3/80 { type ipv4_addr ; flags dynamic,timeout ; timeout 10800s ; size 65535 ; }", lines);
        Assert.Contains("add rule ip kube-proxy endpoint meta l4proto tcp dnat to 10.180.0.1:80", lines);
        Assert.Contains("add rule ip kube-proxy reject-chain iifname != \"lo\" reject with icmp port-unreachable", lines);
        Assert.Contains("add rule ip kube-proxy firewall-check counter packets 3 bytes 180 ip daddr . meta l4proto . th dport vmap { 5.6.7.8 . tcp . 80 : drop }", lines);
        Assert.Equal(commands, NftWriter.ToText(NftParser.Parse(commands)));
    }

    [CorpusTheory]
    [InlineData("ruleset")]
    [InlineData("ruleset_head")]
    public void What_is_written_is_what_kube_proxy_writes(string field)
    {
        foreach (string file in Directory.EnumerateFiles(Corpus.PathOf("kubeproxy", "cases", "nftables"), "*.json").Order())
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            string text = document.RootElement.GetProperty(field).GetString()!;
            string written = NftWriter.ToText(NftParser.Parse(text));
            Assert.Equal(text.Split('\n').Where(line => line.Length > 0).Distinct().Order(StringComparer.Ordinal), written.Split('\n').Where(line => line.Length > 0).Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [InlineData("ct state established,related accept")]
    [InlineData("ct state != invalid accept")]
    [InlineData("ct status dnat accept")]
    [InlineData("meta l4proto . th dport { tcp . 80 , udp . 53 } accept")]
    [InlineData("th dport 1024-65535 accept")]
    [InlineData("ip saddr 10.0.0.1-10.0.0.9 drop")]
    [InlineData("ip saddr != { 10.0.0.0/8 , 192.168.0.1 } drop")]
    [InlineData("iifname \"eth*\" accept")]
    [InlineData("fib saddr type local drop")]
    [InlineData("mark set mark and 0xffff or 0x10000 xor 0x0003")]
    [InlineData("mark set 0x0007")]
    [InlineData("ct mark set ct mark or 0x0001")]
    [InlineData("numgen inc mod 3 offset 2 vmap { 2-3 : jump a , 4 : return }")]
    [InlineData("snat to 10.0.0.1-10.0.0.4:1024-2048 random persistent")]
    [InlineData("redirect to :8080")]
    [InlineData("dnat to 10.0.0.1")]
    [InlineData("reject with tcp reset")]
    [InlineData("counter packets 1 bytes 2 add @s { ip saddr }")]
    [InlineData("delete @s { ip saddr }")]
    [InlineData("continue comment \"nothing\"")]
    public void A_rule_is_written_as_it_was_read(string rule)
    {
        string text = NftWriter.ToText(NftParser.Parse($"add table ip t\nadd chain ip t a\nadd set ip t s {{ type ipv4_addr ; flags dynamic ; }}\nadd rule ip t a {rule}\n"));
        Assert.Contains($"add rule ip t a {rule}\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("meta mark set meta mark & 0x10 | 0x1", "mark set mark and 0x0010 or 0x0001")]
    [InlineData("ip protocol udp drop", "meta l4proto udp drop")]
    [InlineData("tcp dport == 80 drop", "tcp dport 80 drop")]
    [InlineData("reject with icmp type host-unreachable", "reject with icmp host-unreachable")]
    [InlineData("fib daddr type local fib oif != \"lo\" drop", "fib daddr type local ip daddr != 127.0.0.0/8 drop")]
    public void Other_spellings_are_understood(string rule, string written)
    {
        string text = NftWriter.ToText(NftParser.Parse($"add table ip t\nadd chain ip t a\nadd rule ip t a {rule}\n"));
        Assert.Contains($"add rule ip t a {written}\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("add rule ip t a drop", "text:1:15: expected a chain that was added, found 'a'")]
    [InlineData("add chain ip t a { type filter hook nowhere priority 0 ; }", "text:1:37: expected 'prerouting', 'input', 'forward', 'output' or 'postrouting', found 'nowhere'")]
    [InlineData("add chain ip t a\nadd rule ip t a ip saddr fd00::1 drop", "text:2:26: expected ipv4_addr, found 'fd00::1'")]
    [InlineData("add chain ip t a\nadd rule ip t a tcp window 5", "text:2:21: expected what of 'tcp' is known (sport, dport), found 'window'")]
    [InlineData("add chain ip t a\nadd rule ip t a ip saddr { 10.0.0.1 . tcp } drop", "text:2:37: expected ',' or '}', found '.'")]
    [InlineData("add set ip t s { flags interval ; }", "text:1:16: expected a block with 'type', found '{'")]
    [InlineData("add set ip t s { type ether_addr ; }", "text:1:23: expected a data type (")]
    [InlineData("add element ip t s { 10.0.0.1 }", "text:1:18: expected a set or map that was added, found 's'")]
    [InlineData("add table ip t { comment \"open ; }", "text:1:26: expected a closing '\"', found the end of the line")]
    [InlineData("add chain ip t a\nadd rule ip t a", "text:2:16: expected an expression or statement that is known")]
    [InlineData("add chain ip t a\nadd rule ip t a fib oif \"lo\" drop", "text:2:25: expected '!=', found")]
    [InlineData("add chain ip t a\nadd rule ip t a fib oif != \"eth0\" drop", "text:2:28: expected '\"lo\"', found")]
    [InlineData("table ip t {\n chain a {\n  drop\n", "text:4:1: expected an expression or statement that is known")]
    [InlineData("add table arp t", "text:1:11: expected the family ip, ip6 or inet, found 'arp'")]
    [InlineData("frob table ip t", "text:1:1: expected 'add', 'create', 'insert', 'flush', 'delete', 'destroy' or 'table', found 'frob'")]
    [InlineData("add chain ip t a\nadd rule ip t a dnat to 10.0.0.1:99999", "text:2:25: expected an address of Ip, with a port or not, found '10.0.0.1:99999'")]
    [InlineData("add map ip t m { type inet_service : verdict ; }\nadd element ip t m { 80 }", "text:2:25: expected ':', found '}'")]
    public void Errors_name_the_place_and_what_was_expected(string text, string message)
    {
        NftFormatException error = Assert.Throws<NftFormatException>(() => NftParser.Parse(text));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_of_others_are_passed_over()
    {
        NftRuleset ruleset = NftParser.Parse(
            "table bridge filter {\n chain x {\n  ether type arp drop\n }\n}\ntable ip nat { chain c { xt target \"MASQUERADE\"\n } }\nadd rule ip nat c log\n" + Listed,
            new NftParseOptions { Tables = ["kube-proxy"] });
        NftTable table = Assert.Single(ruleset.Tables);
        Assert.Equal(8, table.Chains.Count);
        Assert.Equal(Hook.PreRouting, table.FindChain("filter-prerouting")!.Hook);
    }

    [Fact]
    public void Text_cut_off_anywhere_is_read_or_an_error_with_its_place()
    {
        for (int length = 0; length < Listed.Length; length++)
        {
            try
            {
                NftParser.Parse(Listed[..length]);
            }
            catch (NftFormatException error)
            {
                Assert.InRange(error.Line, 1, Listed.Split('\n').Length);
            }
        }
    }

    [Fact]
    public void Tables_and_chains_are_flushed_and_deleted()
    {
        NftRuleset ruleset = NftParser.Parse(Listed + "\nflush chain ip kube-proxy masquerading\nadd table ip6 x\ndelete table ip6 x\n");
        Assert.Empty(ruleset.Find(NftFamily.Ip, "kube-proxy")!.FindChain("masquerading")!.Rules);
        Assert.Single(ruleset.Tables);
        Assert.Empty(NftParser.Parse(Listed + "\nflush ruleset\n").Tables);
    }
}
