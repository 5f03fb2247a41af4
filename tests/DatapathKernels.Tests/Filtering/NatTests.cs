using DatapathKernels.Filtering;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Translation, and whole ways through the node.</summary>
public class NatTests
{
    private const string Rules = """
        *mangle
        :PREROUTING ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        -A PREROUTING -i eth0 -j MARK --or-mark 0x1
        COMMIT
        *nat
        :PREROUTING ACCEPT [0:0]
        :INPUT ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        -A PREROUTING -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.1.0.7:8080
        -A PREROUTING -d 10.96.0.11/32 -j REDIRECT
        -A POSTROUTING -m mark --mark 0x1/0x1 -j MASQUERADE --to-ports 1024-2048 --random-fully
        COMMIT
        *filter
        :INPUT DROP [0:0]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        -A FORWARD -d 10.96.0.10/32 -j REJECT
        -A FORWARD -m conntrack --ctstate DNAT -j MARK --or-mark 0x8
        -A FORWARD -d 10.9.0.0/16 -j REJECT --reject-with tcp-reset
        COMMIT
        """;

    private static PacketVerdict Traverse(string destination, ref PacketMeta meta, out TestPacket packet)
    {
        using LinearMatcher matcher = new(Rulesets.Parse(Rules + "\n"), MatcherHarness.Node);
        packet = TestPacket.Tcp("10.1.2.3", destination);
        meta.InInterface = matcher.InterfaceId("eth0");
        meta.OutInterface = matcher.InterfaceId("cali12");
        PacketRandom random = new(1);
        GivenConnectionState connections = default;
        matcher.Traverse(packet.Bytes, packet.Info, ref meta, ref random, ref connections, out PacketVerdict verdict);
        return verdict;
    }

    [Fact]
    public void A_service_address_is_translated_before_filter_sees_it()
    {
        PacketMeta meta = new() { State = ConnectionStates.New };
        PacketVerdict verdict = Traverse("10.96.0.10", ref meta, out TestPacket packet);

        Assert.Equal(VerdictKind.Accept, verdict.Kind);
        Assert.Equal("10.1.0.7:8080", packet.Destination);
        Assert.True(packet.ChecksumsAreRight());
        Assert.Equal(0x9u, meta.Mark);
        Assert.Equal((NatKind.Dnat, 8080), (verdict.Destination.Kind, verdict.Destination.Port));
        Assert.Equal((NatKind.Masquerade, 1024, 2048, NatFlags.RandomFully), (verdict.Source.Kind, verdict.Source.Port, verdict.Source.HighPort, verdict.Source.Flags));
    }

    [Fact]
    public void Only_the_first_packet_of_a_connection_asks_the_nat_table()
    {
        PacketMeta meta = new() { State = ConnectionStates.Established };
        PacketVerdict verdict = Traverse("10.96.0.10", ref meta, out TestPacket packet);
        Assert.Equal((VerdictKind.Reject, RejectKind.PortUnreachable), (verdict.Kind, verdict.Reject));
        Assert.Equal("10.96.0.10:80", packet.Destination);
    }

    [Fact]
    public void A_packet_for_the_node_goes_to_input()
    {
        PacketMeta meta = new() { State = ConnectionStates.New };
        Assert.Equal(VerdictKind.Drop, Traverse("10.0.0.1", ref meta, out _).Kind);
        PacketVerdict redirected = Traverse("10.96.0.11", ref meta, out _);
        Assert.Equal((VerdictKind.Drop, NatKind.Redirect), (redirected.Kind, redirected.Destination.Kind));
    }

    [Fact]
    public void A_reset_is_asked_for()
    {
        PacketMeta meta = new() { State = ConnectionStates.New };
        Assert.Equal(RejectKind.TcpReset, Traverse("10.9.0.1", ref meta, out _).Reject);
    }

    [Theory]
    [InlineData("10.1.0.7:8080", "10.1.0.7:8080")]
    [InlineData("10.1.0.7", "10.1.0.7:80")]
    [InlineData(":8080", "10.0.0.1:8080")]
    [InlineData("10.1.0.7:1-100", "10.1.0.7:80")]
    [InlineData("10.1.0.7-10.1.0.7:8080-8080", "10.1.0.7:8080")]
    public void Destinations(string words, string expected)
    {
        TestPacket[] packets = [TestPacket.Tcp("10.1.2.3", "10.0.0.1"), TestPacket.Udp("10.1.2.3", "10.0.0.1", destinationPort: 80), TestPacket.Udp("10.1.2.3", "10.0.0.1", destinationPort: 80, checksum: false)];
        foreach (TestPacket packet in packets)
        {
            bool hadChecksum = packet.Info.Protocol == IpProtocol.Tcp || (packet.Bytes[26] | packet.Bytes[27]) != 0;
            Assert.Equal(VerdictKind.Accept, Translate(packet, "10", words).Kind);
            Assert.Equal(expected, packet.Destination);
            if (hadChecksum)
                Assert.True(packet.ChecksumsAreRight());
            else
                Assert.Equal(0, packet.Bytes[26] | packet.Bytes[27]);
        }
    }

    [Theory]
    [InlineData("[fd00::7]:8080", "[fd00::7]:8080")]
    [InlineData("fd00::7", "[fd00::7]:80")]
    public void Ipv6_destinations(string words, string expected)
    {
        TestPacket packet = TestPacket.Tcp("fd00::9", "fd00::1");
        Translate(packet, "6", words);
        Assert.Equal(expected, packet.Destination);
        Assert.True(packet.ChecksumsAreRight());
    }

    [Fact]
    public void A_ping_keeps_its_identifier()
    {
        TestPacket packet = TestPacket.Icmp("10.1.2.3", "10.0.0.1", 8);
        Translate(packet, "10", "10.1.0.7");
        Assert.Equal(10, packet.Bytes[16]);
        Assert.Equal(7, packet.Bytes[19]);
        Assert.Equal(0x12, packet.Bytes[24]);
        Assert.True(packet.ChecksumsAreRight());
    }

    private static PacketVerdict Translate(TestPacket packet, string family, string words)
    {
        string header = family == "6" ? "# Generated by ip6tables-save\n" : "";
        using LinearMatcher matcher = new(Rulesets.Parse(header + Rulesets.Table("nat", ["PREROUTING"], "-A PREROUTING -j DNAT --to-destination " + words)));
        PacketMeta meta = new() { State = ConnectionStates.New };
        return MatcherHarness.Run(matcher, packet, ref meta, "PREROUTING", TableKind.Nat);
    }
}
