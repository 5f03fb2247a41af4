using DatapathKernels.Packets;
using Xunit;
using static DatapathKernels.Tests.Generators.Frames;

namespace DatapathKernels.Tests.Packets;

public class QuotedPacketParserTests
{
    private const int Quote4 = 14 + 20 + 8, Quote6 = 14 + 40 + 8;

    private static PacketInfo Parse(byte[] frame, out FlowKeyV4 v4, out FlowKeyV6 v6)
    {
        FlowParser.Parse(frame, LinkType.Ethernet, 7, out _, out _, out PacketInfo outer);
        ParseStatus status = QuotedPacketParser.Parse(frame, outer, 7, out v4, out v6, out PacketInfo info);
        Assert.Equal(status, info.Status);
        return info;
    }

    private static byte[] Error4(byte[] quote, byte type = 3, byte words = 0)
    {
        byte[] icmp = Icmp(type, 1, words, quote);
        return Ethernet4(Ipv4(IpProtocol.Icmp, icmp));
    }

    private static byte[] Error6(byte[] quote, byte type = 1) => Ethernet6(Ipv6(IpProtocol.IcmpV6, Icmp(type, 4, 0, quote)));

    private static ParseStatus StatusOf(byte[] frame) => Parse(frame, out _, out _).Status;

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(11)]
    [InlineData(12)]
    public void Ports_are_enough_for_the_key(byte type)
    {
        byte[] cut = Ipv4(IpProtocol.Tcp, Tcp()[..4], totalLength: 1500);
        PacketInfo info = Parse(Error4(cut, type), out FlowKeyV4 key, out _);
        Assert.Equal(new PacketInfo(ParseStatus.Ok, PacketFlags.Ipv4, IpProtocol.Tcp, Quote4, Quote4 + 20, 24, 0), info);
        Assert.Equal((4000, 53, IpProtocol.Tcp, 7), (key.SourcePort, key.DestinationPort, key.Protocol, key.Zone));
        Assert.Equal("10.0.0.1:4000 -> 10.96.0.10:53 Tcp zone 7", key.ToString());
    }

    [Fact]
    public void IPv6_quotes_walk_their_extension_headers()
    {
        byte[] quote = Ipv6(IpProtocol.DestinationOptions, Extension(IpProtocol.Udp, Udp()), 1400);
        PacketInfo info = Parse(Error6(quote), out _, out FlowKeyV6 key);
        Assert.Equal(
            new PacketInfo(ParseStatus.Ok, PacketFlags.Ipv6 | PacketFlags.Options, IpProtocol.Udp, Quote6, Quote6 + 48, 56, 0), info);
        Assert.Equal((4000, 53, IpProtocol.Udp), (key.SourcePort, key.DestinationPort, key.Protocol));
        Assert.Equal(ParseStatus.TruncatedExtension, StatusOf(Error6(quote[..47])));
        Assert.Equal(ParseStatus.Ok, StatusOf(Error6(quote[..52])));
        Assert.Equal(ParseStatus.TruncatedTransport, StatusOf(Error6(quote[..51])));
    }

    [Fact]
    public void A_quoted_echo_has_its_identifier()
    {
        Parse(Error4(Ipv4(IpProtocol.Icmp, Icmp(8, 0, 99))), out FlowKeyV4 key, out _);
        Assert.Equal(ParseStatus.TruncatedTransport, StatusOf(Error4(Ipv4(IpProtocol.Icmp, Icmp(8, 0, 99)[..7]))));
        Assert.Equal((99, 0x0800), (key.SourcePort, key.DestinationPort));
    }

    [Fact]
    public void A_quote_that_is_cut_or_wrong_says_where()
    {
        byte[] sound = Ipv4(IpProtocol.Udp, Udp());
        Assert.Equal(ParseStatus.TruncatedIpv4, StatusOf(Error4([])));
        Assert.Equal(ParseStatus.TruncatedIpv4, StatusOf(Error4(sound[..19])));
        Assert.Equal(ParseStatus.BadIhl, StatusOf(Error4([0x44, .. sound[1..]])));
        Assert.Equal(ParseStatus.BadVersion, StatusOf(Error4(Ipv6(IpProtocol.Udp, Udp()))));
        Assert.Equal(ParseStatus.BadVersion, StatusOf(Error6(sound)));
        Assert.Equal(ParseStatus.TruncatedIpv6, StatusOf(Error6(Ipv6(IpProtocol.Udp, Udp())[..39])));
        Assert.Equal(ParseStatus.BadTotalLength, StatusOf(Error4(Ipv4(IpProtocol.Udp, Udp(), totalLength: 19))));
        Assert.Equal(ParseStatus.TruncatedTransport, StatusOf(Error4(sound[..23])));
        Assert.Equal(ParseStatus.TruncatedTransport, StatusOf(Error4(Ipv4(IpProtocol.Udp, Udp(), totalLength: 23))));
        Assert.Equal(ParseStatus.UnsupportedProtocol, StatusOf(Error4(Ipv4(IpProtocol.Gre, []))));
        Assert.Equal(ParseStatus.NonFirstFragment, StatusOf(Error4(Ipv4(IpProtocol.Udp, [], fragment: 5))));
    }

    [Fact]
    public void Only_errors_quote()
    {
        Assert.Equal(new PacketInfo(ParseStatus.NotIcmpError, 0, 0, 0, 0, 0, 0), Parse(Error4(Ipv4(IpProtocol.Udp, Udp()), 8), out _, out _));
        Assert.Equal(ParseStatus.NotIcmpError, StatusOf(Error6(Ipv6(IpProtocol.Udp, Udp()), 128)));
        Assert.Equal(ParseStatus.NotIcmpError, StatusOf(Ethernet4(Ipv4(IpProtocol.Udp, Udp()))));
        Assert.Equal(ParseStatus.NotIcmpError, StatusOf([]));
    }

    [Fact]
    public void An_extension_structure_after_the_quote_is_not_part_of_it()
    {
        byte[] quote = Ipv4(IpProtocol.Udp, Udp(200));
        Assert.Equal(128u, Parse(Error4(quote, 11, 32), out _, out _).L3Length);
        Assert.Equal((uint)quote.Length, Parse(Error4(quote, 11, 8), out _, out _).L3Length);
        Assert.Equal((uint)quote.Length, Parse(Error4(quote, 4, 32), out _, out _).L3Length);
    }
}
