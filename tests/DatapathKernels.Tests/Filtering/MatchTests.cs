using DatapathKernels.Filtering;
using Xunit;
using static DatapathKernels.Tests.Filtering.MatcherHarness;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Each match, and its negation, on packets that fit and packets that do not.</summary>
public class MatchTests
{
    private static readonly TestPacket Syn = TestPacket.Tcp("10.1.2.3", "10.0.0.1", 40000, 80);
    private static readonly TestPacket Ack = TestPacket.Tcp("10.1.2.3", "10.0.0.1", 40000, 80, flags: 0x10);
    private static readonly TestPacket Dns = TestPacket.Udp("10.1.2.3", "10.96.0.10");
    private static readonly TestPacket Ping = TestPacket.Icmp("10.1.2.3", "10.0.0.1", 8);
    private static readonly TestPacket Syn6 = TestPacket.Tcp("fd00::9", "fd00::1", 40000, 80);

    [Theory]
    [InlineData("-s 10.1.0.0/16", true)]
    [InlineData("-s 10.2.0.0/16", false)]
    [InlineData("-s 10.0.2.3/255.0.255.255", true)]
    [InlineData("-d 10.0.0.1", true)]
    [InlineData("-d 10.0.0.2/32", false)]
    [InlineData("-p tcp", true)]
    [InlineData("-p 17", false)]
    [InlineData("-p TCP -m tcp", true)]
    [InlineData("-p tcp --dport 80", true)]
    [InlineData("-p tcp --dport=80", true)]
    [InlineData("-p tcp -m tcp --dport 79:81", true)]
    [InlineData("-p tcp -m tcp --dport :79", false)]
    [InlineData("-p tcp -m tcp --sport 40000:", true)]
    [InlineData("-p tcp -m tcp --sport 1:39999", false)]
    [InlineData("-p tcp --syn", true)]
    [InlineData("-p tcp --tcp-flags SYN,ACK SYN", true)]
    [InlineData("-p tcp --tcp-flags ALL ACK", false)]
    [InlineData("-p tcp -m multiport --dports 22,80,8000:8080", true)]
    [InlineData("-p tcp -m multiport --dports 22,81:90", false)]
    [InlineData("-p tcp -m multiport --sports 40000", true)]
    [InlineData("-p tcp -m multiport --ports 80", true)]
    [InlineData("-m addrtype --dst-type LOCAL", true)]
    [InlineData("-m addrtype --src-type LOCAL", false)]
    [InlineData("-m addrtype --src-type UNICAST,MULTICAST", true)]
    [InlineData("-m statistic --mode random --probability 1", true)]
    [InlineData("-m statistic --mode random --probability 0", false)]
    [InlineData("-m comment --comment \"a b\"", true)]
    [InlineData("", true)]
    public void A_tcp_packet_meets_a_rule(string words, bool expected) => Assert.Equal(expected, Matches(words, Syn));

    [Theory]
    [InlineData("-s 10.1.0.0/16")]
    [InlineData("-d 10.0.0.2")]
    [InlineData("-p tcp")]
    [InlineData("-p udp")]
    [InlineData("-i eth0")]
    [InlineData("-i cali+")]
    [InlineData("-o eth0")]
    [InlineData("-p tcp -m tcp |--dport 80")]
    [InlineData("-p tcp -m tcp |--sport 1:100")]
    [InlineData("-p tcp -m tcp |--syn")]
    [InlineData("-p tcp -m tcp |--tcp-flags ACK ACK")]
    [InlineData("-p tcp -m multiport |--dports 80,90")]
    [InlineData("-m mark |--mark 0x4000/0x4000")]
    [InlineData("-m connmark |--mark 0x1")]
    [InlineData("-m conntrack |--ctstate NEW,RELATED")]
    [InlineData("-m conntrack |--ctstate DNAT")]
    [InlineData("-m conntrack |--ctstatus ASSURED")]
    [InlineData("-m state |--state INVALID")]
    [InlineData("-m addrtype |--src-type LOCAL")]
    [InlineData("-m addrtype |--dst-type LOCAL")]
    [InlineData("-m statistic --mode random |--probability 1")]
    [InlineData("-m recent |--rcheck")]
    [InlineData("-m ttl |--ttl-eq 64")]
    [InlineData("-m length |--length 1:1000")]
    [InlineData("-m dscp |--dscp 1")]
    [InlineData("-m tos |--tos 0/0xff")]
    [InlineData("-m ecn |--ecn-ip-ect 0")]
    [InlineData("-p tcp -m ecn |--ecn-tcp-cwr")]
    [InlineData("-p tcp -m ecn |--ecn-tcp-ece")]
    [InlineData("-m iprange |--src-range 10.0.0.0-10.9.0.0")]
    [InlineData("-m iprange |--dst-range 10.0.0.2-10.9.0.0")]
    [InlineData("-m u32 |--u32 0=1")]
    [InlineData("-m pkttype |--pkt-type unicast")]
    [InlineData("-p tcp -m tcp |--tcp-option 2")]
    public void A_negated_test_is_the_opposite(string words)
    {
        PacketMeta meta = new() { Mark = 0x4001, ConnectionMark = 1, State = ConnectionStates.New, Status = ConnectionStatuses.DestinationNat, InInterface = 3 };
        string plain = words.Replace("|", "", StringComparison.Ordinal);
        string negated = words.Contains('|') ? words.Replace("|", "! ", StringComparison.Ordinal) : "! " + words;

        Assert.NotEqual(Matches(plain, Syn, meta), Matches(negated, Syn, meta));
    }

    [Theory]
    [InlineData("-p icmp --icmp-type 8", true)]
    [InlineData("-p icmp --icmp-type echo-request", true)]
    [InlineData("-p icmp --icmp-type 8/1", false)]
    [InlineData("-p icmp ! --icmp-type 8/1", true)]
    [InlineData("-p icmp --icmp-type any", true)]
    [InlineData("-p icmp ! --icmp-type 8", false)]
    [InlineData("-p icmp --icmp-type 0", false)]
    public void A_ping_meets_a_rule(string words, bool expected) => Assert.Equal(expected, Matches(words, Ping));

    [Theory]
    [InlineData("-s fd00::/8", true)]
    [InlineData("-s fd00::9/128 -d fd00::1/128 -p tcp -m tcp --dport 80", true)]
    [InlineData("! -s fd00::/8", false)]
    [InlineData("-d fd00::2", false)]
    [InlineData("-s fd00::0:8/ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", true)]
    [InlineData("-m addrtype --dst-type LOCAL", true)]
    [InlineData("-m addrtype ! --dst-type LOCAL", false)]
    [InlineData("-m addrtype --src-type MULTICAST", false)]
    [InlineData("-m recent ! --rcheck", true)]
    public void An_ipv6_packet_meets_a_rule(string words, bool expected) => Assert.Equal(expected, Matches(words, Syn6));

    [Fact]
    public void Ipv6_icmp_is_told_by_type() =>
        Assert.True(Matches("-p ipv6-icmp -m icmp6 --icmpv6-type 128", TestPacket.Icmp("fd00::9", "fd00::1", 128)));

    [Theory]
    [InlineData("-f", true)]
    [InlineData("! -f", false)]
    [InlineData("-p tcp", true)]
    [InlineData("-p tcp -m tcp", false)]
    [InlineData("-p tcp -m tcp ! --dport 80", false)]
    [InlineData("-p tcp -m multiport ! --dports 80", false)]
    public void A_later_fragment_has_no_ports(string words, bool expected) => Assert.Equal(expected, Matches(words, Syn.AsLaterFragment()));

    [Fact]
    public void Syn_looks_at_four_flags()
    {
        Assert.False(Matches("-p tcp --syn", Ack));
        Assert.True(Matches("-p tcp ! --syn", Ack));
        Assert.True(Matches("-p tcp --syn", TestPacket.Tcp("1.1.1.1", "2.2.2.2", flags: 2 | 8)));
        Assert.False(Matches("-p tcp --syn", TestPacket.Tcp("1.1.1.1", "2.2.2.2", flags: 2 | 1)));
    }

    [Theory]
    [InlineData("--ctstate NEW", ConnectionStates.New, true)]
    [InlineData("--ctstate INVALID", ConnectionStates.None, true)]
    [InlineData("--ctstate INVALID", ConnectionStates.Untracked, false)]
    [InlineData("--ctstate UNTRACKED", ConnectionStates.Untracked, true)]
    [InlineData("--ctstate RELATED,ESTABLISHED,DNAT", ConnectionStates.New, true)]
    [InlineData("! --ctstate RELATED,ESTABLISHED,DNAT", ConnectionStates.New, false)]
    [InlineData("--ctstate SNAT", ConnectionStates.Established, false)]
    [InlineData("--ctstatus NONE", ConnectionStates.New, false)]
    [InlineData("! --ctstatus ASSURED", ConnectionStates.Invalid, false)]
    public void Conntrack_states_and_pseudo_states(string words, ConnectionStates state, bool expected) =>
        Assert.Equal(expected, Matches("-m conntrack " + words, Syn, new PacketMeta { State = state, Status = ConnectionStatuses.DestinationNat }));

    [Fact]
    public void A_connmark_needs_a_connection()
    {
        PacketMeta none = new() { ConnectionMark = 1, State = ConnectionStates.Invalid };
        Assert.False(Matches("-m connmark --mark 1", Syn, none));
        Assert.False(Matches("-m connmark ! --mark 1", Syn, none));
    }

    [Fact]
    public void Udp_ports_match_udp_only()
    {
        Assert.True(Matches("-p udp -m udp --dport 53", Dns));
        Assert.False(Matches("-p udp -m udp --dport 53", TestPacket.Tcp("10.1.2.3", "10.96.0.10", destinationPort: 53)));
        Assert.True(Matches("-p sctp -m sctp --dport 80", TestPacket.Sctp("10.1.2.3", "10.0.0.1")));
    }
}
