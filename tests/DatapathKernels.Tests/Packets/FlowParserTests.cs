using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;
using static DatapathKernels.Tests.Generators.Frames;

namespace DatapathKernels.Tests.Packets;

/// <summary>Every status, key and offset, named one by one.</summary>
public class FlowParserTests
{
    private const PacketFlags Transport4 = PacketFlags.Ipv4 | PacketFlags.Transport;
    private const PacketFlags Transport6 = PacketFlags.Ipv6 | PacketFlags.Transport;

    private const string Ports = "0FA00035", NoPorts = "00000000";

    private static PacketInfo Parse(byte[] frame, LinkType link = LinkType.Ethernet)
    {
        ParseStatus status = FlowParser.Parse(frame, link, 7, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        Assert.Equal(status, info.Status);
        Assert.Equal(info.HasKey && (info.Flags & PacketFlags.Ipv4) != 0, v4 != default);
        Assert.Equal(info.HasKey && (info.Flags & PacketFlags.Ipv6) != 0, v6 != default);
        return info;
    }

    private static ParseStatus StatusOf(byte[] frame, LinkType link = LinkType.Ethernet) => Parse(frame, link).Status;

    private static (string Fields, IpProtocol Protocol) Key4(byte[] packet)
    {
        FlowParser.Parse(Ethernet4(packet), LinkType.Ethernet, 7, out FlowKeyV4 key, out _, out _);
        byte[] bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<FlowKeyV4>(in key)).ToArray();
        Assert.Equal([.. Source4, .. Destination4], bytes[..8]);
        Assert.Equal(7, key.Zone);
        Assert.Equal(0, bytes[13]);
        return (Convert.ToHexString(bytes[8..12]), key.Protocol);
    }

    private static (string Fields, IpProtocol Protocol) Key6(byte[] packet)
    {
        FlowParser.Parse(Ethernet6(packet), LinkType.Ethernet, 7, out _, out FlowKeyV6 key, out _);
        byte[] bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<FlowKeyV6>(in key)).ToArray();
        Assert.Equal([.. Source6, .. Destination6], bytes[..32]);
        Assert.Equal(7, key.Zone);
        Assert.Equal(0, bytes[37]);
        return (Convert.ToHexString(bytes[32..36]), key.Protocol);
    }

    [Fact]
    public void The_record_is_16_bytes_and_its_fields_stand_where_the_short_path_writes_them()
    {
        PacketInfo info = new(ParseStatus.BadUdpLength, PacketFlags.Vlan, IpProtocol.Udp, 0x0102, 0x0304, 0x05060708, 0x090a);
        byte[] bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<PacketInfo>(in info)).ToArray();
        Assert.Equal([8, 7, 6, 5, 2, 1, 4, 3, 0x0a, 9, (byte)ParseStatus.BadUdpLength, 32, 17, 0, 0, 0], bytes);
        Assert.Equal((16, 40, 16, 8), (Unsafe.SizeOf<FlowKeyV4>(), Unsafe.SizeOf<FlowKeyV6>(), Unsafe.SizeOf<PacketInfo>(), Unsafe.SizeOf<LengthClaim>()));
    }

    [Fact]
    public void Ports_are_the_key_of_every_protocol_that_has_them()
    {
        byte[] rest = [.. Convert.FromHexString(Ports), .. new byte[12]];
        Assert.Equal((Ports, IpProtocol.Tcp), Key4(Ipv4(IpProtocol.Tcp, Tcp())));
        Assert.Equal((Ports, IpProtocol.Udp), Key4(Ipv4(IpProtocol.Udp, Udp())));
        Assert.Equal((Ports, IpProtocol.UdpLite), Key4(Ipv4(IpProtocol.UdpLite, rest)));
        Assert.Equal((Ports, IpProtocol.Sctp), Key4(Ipv4(IpProtocol.Sctp, rest)));
        Assert.Equal((Ports, IpProtocol.Dccp), Key4(Ipv4(IpProtocol.Dccp, rest)));
        Assert.Equal((Ports, IpProtocol.Tcp), Key6(Ipv6(IpProtocol.Tcp, Tcp())));
        Assert.Equal((Ports, IpProtocol.Udp), Key6(Ipv6(IpProtocol.HopByHop, Extension(IpProtocol.Udp, Udp()))));
        Assert.Equal((Ports, IpProtocol.Tcp), Key4(Ipv4(IpProtocol.Tcp, Tcp(), new byte[40])));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(8, true)]
    [InlineData(13, true)]
    [InlineData(14, true)]
    [InlineData(15, true)]
    [InlineData(16, true)]
    [InlineData(17, true)]
    [InlineData(18, true)]
    [InlineData(3, false)]
    [InlineData(11, false)]
    [InlineData(30, false)]
    public void Icmp_has_type_and_code_for_a_port_and_an_identifier_where_its_type_has_one(byte type, bool id) =>
        Assert.Equal(($"{(id ? "1234" : "0000")}{type:X2}05", IpProtocol.Icmp), Key4(Ipv4(IpProtocol.Icmp, Icmp(type, 5, 0x1234))));

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, true)]
    [InlineData(139, true)]
    [InlineData(140, true)]
    [InlineData(1, false)]
    [InlineData(135, false)]
    public void Icmpv6_too(byte type, bool id) =>
        Assert.Equal(($"{(id ? "1234" : "0000")}{type:X2}05", IpProtocol.IcmpV6), Key6(Ipv6(IpProtocol.IcmpV6, Icmp(type, 5, 0x1234))));

    [Fact]
    public void Offsets_and_lengths_exclude_link_padding()
    {
        byte[] packet = Ipv4(IpProtocol.Tcp, Tcp(6));
        PacketInfo expected = new(ParseStatus.Ok, Transport4, IpProtocol.Tcp, 14, 34, 46, 0);
        Assert.Equal(expected, Parse(Ethernet4(packet)));
        Assert.Equal(expected, Parse([.. Ethernet4(packet), .. new byte[18]]));
        Assert.Equal(26u, expected.L4Length);
        Assert.Equal(
            new PacketInfo(ParseStatus.Ok, Transport6, IpProtocol.Udp, 14, 54, 50, 0), Parse(Ethernet6(Ipv6(IpProtocol.Udp, Udp(2)))));
        Assert.Equal(
            new PacketInfo(ParseStatus.Ok, Transport4 | PacketFlags.Options, IpProtocol.Udp, 14, 38, 32, 0),
            Parse(Ethernet4(Ipv4(IpProtocol.Udp, Udp(), new byte[4]))));
        Assert.Equal(
            new PacketInfo(ParseStatus.Ok, Transport6 | PacketFlags.Options, IpProtocol.Udp, 14, 62, 56, 0),
            Parse(Ethernet6(Ipv6(IpProtocol.DestinationOptions, Extension(IpProtocol.Udp, Udp())))));
    }

    [Fact]
    public void Tags_move_the_offsets()
    {
        byte[] packet = Ipv4(IpProtocol.Udp, Udp());
        PacketInfo one = new(ParseStatus.Ok, Transport4 | PacketFlags.Vlan, IpProtocol.Udp, 18, 38, 28, 0);
        PacketInfo two = new(ParseStatus.Ok, Transport4 | PacketFlags.Vlan, IpProtocol.Udp, 22, 42, 28, 0);
        Assert.Equal(one, Parse(Ethernet(0x8100, Tag(5, 0x0800, packet))));
        Assert.Equal(one, Parse(Ethernet(0x88a8, Tag(5, 0x0800, packet))));
        Assert.Equal(two, Parse(Ethernet(0x88a8, Tag(5, 0x8100, Tag(6, 0x0800, packet)))));
        Assert.Equal(ParseStatus.TruncatedVlan, StatusOf(Ethernet(0x8100, [0, 1, 8])));
        byte[] deep = packet;
        for (int i = 0; i <= VlanTag.MaxDepth; i++)
            deep = Tag(1, i == 0 ? (ushort)0x0800 : (ushort)0x8100, deep);
        Assert.Equal(ParseStatus.TooManyVlanTags, StatusOf(Ethernet(0x8100, deep)));
    }

    [Fact]
    public void Every_link_type_leads_to_the_same_key()
    {
        byte[] packet = Ipv4(IpProtocol.Udp, Udp());
        Assert.Equal(0, Parse(packet, LinkType.Raw).L3Offset);
        Assert.Equal(0, Parse(packet, LinkType.Ipv4).L3Offset);
        Assert.Equal(4, Parse([0, 0, 0, 2, .. packet], LinkType.Loop).L3Offset);
        Assert.Equal(4, Parse([2, 0, 0, 0, .. packet], LinkType.Null).L3Offset);
        Assert.Equal(16, Parse([.. new byte[14], 8, 0, .. packet], LinkType.LinuxSll).L3Offset);
        Assert.Equal(20, Parse([8, 0, .. new byte[18], .. packet], LinkType.LinuxSll2).L3Offset);
        Assert.Equal(ParseStatus.Ok, FlowParser.ParseNetwork(packet, 1, out FlowKeyV4 key, out _, out _));
        Assert.Equal((53, 1), (key.DestinationPort, key.Zone));
        Assert.Equal(ParseStatus.UnsupportedLinkType, StatusOf(packet, (LinkType)9));
        Assert.Equal(ParseStatus.BadVersion, StatusOf([0x50], LinkType.Raw));
        Assert.Equal(ParseStatus.BadVersion, StatusOf(packet, LinkType.Ipv6));
        Assert.Equal(ParseStatus.TruncatedLink, StatusOf([], LinkType.Raw));
        Assert.Equal(ParseStatus.TruncatedLink, StatusOf(new byte[13]));
        Assert.Equal(ParseStatus.NotIp, StatusOf(Ethernet(0x0806, new byte[28])));
        Assert.Equal(ParseStatus.NotIp, StatusOf(Ethernet(100, new byte[100])));
    }

    [Fact]
    public void The_IPv4_header_is_held_to_its_word()
    {
        byte[] sound = Ipv4(IpProtocol.Udp, Udp(4));
        Assert.Equal(ParseStatus.TruncatedIpv4, StatusOf(Ethernet4([])));
        Assert.Equal(ParseStatus.TruncatedIpv4, StatusOf(Ethernet4(sound[..19])));
        Assert.Equal(ParseStatus.BadVersion, StatusOf(Ethernet4([0x65, .. sound[1..]])));
        Assert.Equal(ParseStatus.BadIhl, StatusOf(Ethernet4([0x44, .. sound[1..]])));
        Assert.Equal(ParseStatus.TruncatedIpv4, StatusOf(Ethernet4([0x4f, .. sound[1..]])));
        Assert.Equal(ParseStatus.BadTotalLength, StatusOf(Ethernet4(Ipv4(IpProtocol.Udp, Udp(), totalLength: 19))));
        Assert.Equal(ParseStatus.TruncatedPayload, StatusOf(Ethernet4(Ipv4(IpProtocol.Udp, Udp(), totalLength: 29))));
        Assert.Equal(new PacketInfo(ParseStatus.BadIhl, 0, 0, 0, 0, 0, 0), Parse(Ethernet4([0x44, .. sound[1..]])));
    }

    [Fact]
    public void The_IPv6_header_is_held_to_its_word()
    {
        byte[] sound = Ipv6(IpProtocol.Udp, Udp(4));
        Assert.Equal(ParseStatus.TruncatedIpv6, StatusOf(Ethernet6(sound[..39])));
        Assert.Equal(ParseStatus.BadVersion, StatusOf(Ethernet6([0x45, .. sound[1..]])));
        Assert.Equal(ParseStatus.TruncatedPayload, StatusOf(Ethernet6(sound[..^1])));
        Assert.Equal(ParseStatus.TruncatedExtension, StatusOf(Ethernet6(Ipv6(IpProtocol.HopByHop, new byte[7]))));
        byte[] deep = Udp();
        for (int i = 0; i <= Ipv6ExtensionChain.MaxHeaders; i++)
            deep = Extension(i == 0 ? IpProtocol.Udp : IpProtocol.DestinationOptions, deep);
        Assert.Equal(
            new PacketInfo(ParseStatus.BadExtension, PacketFlags.Ipv6, 0, 14, 0, (uint)(40 + deep.Length), 0),
            Parse(Ethernet6(Ipv6(IpProtocol.DestinationOptions, deep))));
    }

    [Fact]
    public void A_length_of_zero_is_taken_from_the_frame()
    {
        Assert.Equal(
            new PacketInfo(ParseStatus.LengthZero, Transport4, IpProtocol.Tcp, 14, 34, 140, 0),
            Parse(Ethernet4(Ipv4(IpProtocol.Tcp, Tcp(100), totalLength: 0))));
        Assert.Equal(
            new PacketInfo(ParseStatus.LengthZero, Transport6, IpProtocol.Tcp, 14, 54, 70_060, 0),
            Parse(Ethernet6(Ipv6(IpProtocol.Tcp, Tcp(70_000), 0))));
        Assert.Equal(ParseStatus.LengthZero, StatusOf(Ethernet4(Ipv4(IpProtocol.Udp, Udp(100, 0), totalLength: 0))));
        Assert.Equal(ParseStatus.BadUdpLength, StatusOf(Ethernet4(Ipv4(IpProtocol.Udp, Udp(100, 0)))));
        Assert.Equal(ParseStatus.UnsupportedProtocol, StatusOf(Ethernet4(Ipv4(IpProtocol.Gre, [], totalLength: 0))));
        Assert.Equal(ParseStatus.BadTotalLength, StatusOf(Ethernet4(Ipv4(IpProtocol.Udp, Udp(), totalLength: 0, fragment: 0x2000))));
        Assert.Equal(ParseStatus.BadTotalLength, StatusOf(Ethernet6(Ipv6(IpProtocol.Fragment, FragmentExtension(IpProtocol.Udp, 0, true, Udp()), 0))));
        Assert.Equal(40u, Parse([.. Ethernet6(Ipv6(IpProtocol.NoNextHeader, [])), .. new byte[6]]).L3Length);
    }

    [Fact]
    public void A_jumbo_option_gives_the_length_under_the_rules_of_its_RFC()
    {
        byte[] large = Udp(65_600, 0);
        uint length = (uint)(8 + large.Length);
        byte[] Jumbo(uint claimed, int? payload) => Ethernet6(Ipv6(IpProtocol.HopByHop, JumboExtension(IpProtocol.Udp, claimed, large), payload));
        Assert.Equal(
            new PacketInfo(ParseStatus.Ok, Transport6 | PacketFlags.Options, IpProtocol.Udp, 14, 62, 40 + length, 0), Parse(Jumbo(length, 0)));
        Assert.Equal(ParseStatus.TruncatedPayload, StatusOf(Jumbo(length + 1, 0)));
        Assert.Equal(ParseStatus.BadExtension, StatusOf(Jumbo(65_535, 0)));
        Assert.Equal(ParseStatus.BadExtension, StatusOf(Jumbo(length, 65_535)));
    }

    [Fact]
    public void Fragments_have_ports_only_in_the_first()
    {
        const PacketFlags more = PacketFlags.Fragment | PacketFlags.MoreFragments;
        const PacketFlags last = PacketFlags.Fragment | PacketFlags.NonFirstFragment;
        Assert.Equal(
            new PacketInfo(ParseStatus.Ok, Transport4 | more, IpProtocol.Udp, 14, 34, 36, 0),
            Parse(Ethernet4(Ipv4(IpProtocol.Udp, Udp(8, 900), fragment: 0x2000))));
        Assert.Equal(
            new PacketInfo(ParseStatus.NonFirstFragment, PacketFlags.Ipv4 | last, IpProtocol.Udp, 14, 34, 23, 65_528),
            Parse(Ethernet4(Ipv4(IpProtocol.Udp, new byte[3], fragment: 0x1fff))));
        Assert.Equal((NoPorts, IpProtocol.Udp), Key4(Ipv4(IpProtocol.Udp, Udp(), fragment: 0x2001)));
        Assert.Equal((Ports, IpProtocol.Udp), Key4(Ipv4(IpProtocol.Udp, Udp(), fragment: 0x4000)));
        Assert.Equal(ParseStatus.TruncatedTransport, StatusOf(Ethernet4(Ipv4(IpProtocol.Tcp, Tcp()[..16], fragment: 0x2000))));
        Assert.Equal(
            new PacketInfo(ParseStatus.NonFirstFragment, PacketFlags.Ipv6 | PacketFlags.Options | last, IpProtocol.Tcp, 14, 62, 50, 8),
            Parse(Ethernet6(Ipv6(IpProtocol.Fragment, FragmentExtension(IpProtocol.Tcp, 8, false, new byte[2])))));
        Assert.Equal((NoPorts, IpProtocol.Tcp), Key6(Ipv6(IpProtocol.Fragment, FragmentExtension(IpProtocol.Tcp, 8, false, Tcp()))));
        Assert.Equal(
            new PacketInfo(ParseStatus.Ok, Transport6 | PacketFlags.Options, IpProtocol.Udp, 14, 62, 56, 0),
            Parse(Ethernet6(Ipv6(IpProtocol.Fragment, FragmentExtension(IpProtocol.Udp, 0, false, Udp())))));
    }

    [Fact]
    public void The_transport_header_is_held_to_its_word()
    {
        ParseStatus Of(IpProtocol protocol, byte[] segment) => StatusOf(Ethernet4(Ipv4(protocol, segment)));
        Assert.Equal(
            new PacketInfo(ParseStatus.TruncatedTransport, PacketFlags.Ipv4, IpProtocol.Tcp, 14, 34, 39, 0),
            Parse([.. Ethernet4(Ipv4(IpProtocol.Tcp, Tcp()[..19])), .. new byte[30]]));
        Assert.Equal(ParseStatus.BadTcpDataOffset, Of(IpProtocol.Tcp, Tcp(0, 4)));
        Assert.Equal(ParseStatus.BadTcpDataOffset, Of(IpProtocol.Tcp, Tcp(3, 6)));
        Assert.Equal(ParseStatus.Ok, Of(IpProtocol.Tcp, Tcp(4, 6)));
        Assert.Equal(ParseStatus.TruncatedTransport, Of(IpProtocol.Udp, Udp()[..7]));
        Assert.Equal(ParseStatus.BadUdpLength, Of(IpProtocol.Udp, Udp(4, 7)));
        Assert.Equal(ParseStatus.BadUdpLength, Of(IpProtocol.Udp, Udp(4, 13)));
        Assert.Equal(ParseStatus.Ok, Of(IpProtocol.Udp, Udp(4, 8)));
        Assert.Equal(ParseStatus.BadUdpLength, Of(IpProtocol.UdpLite, Udp(4, 7)));
        Assert.Equal(ParseStatus.BadUdpLength, Of(IpProtocol.UdpLite, Udp(4, 13)));
        Assert.Equal(ParseStatus.Ok, Of(IpProtocol.UdpLite, Udp(4, 0)));
        Assert.Equal(ParseStatus.TruncatedTransport, Of(IpProtocol.Icmp, new byte[7]));
        Assert.Equal(ParseStatus.TruncatedTransport, Of(IpProtocol.Sctp, new byte[11]));
        Assert.Equal(ParseStatus.TruncatedTransport, Of(IpProtocol.Dccp, new byte[11]));
        Assert.Equal(ParseStatus.TruncatedTransport, Of(IpProtocol.Dccp, [.. new byte[8], 1, .. new byte[6]]));
        Assert.Equal(ParseStatus.Ok, Of(IpProtocol.Dccp, [.. new byte[8], 1, .. new byte[7]]));
    }

    [Theory]
    [InlineData(IpProtocol.Gre)]
    [InlineData(IpProtocol.Esp)]
    [InlineData(IpProtocol.Ah)]
    [InlineData(IpProtocol.Ipv4)]
    [InlineData(IpProtocol.IcmpV6)]
    [InlineData((IpProtocol)2)]
    [InlineData((IpProtocol)253)]
    public void Other_protocols_have_addresses_and_no_ports(IpProtocol protocol)
    {
        Assert.Equal((NoPorts, protocol), Key4(Ipv4(protocol, [1, 2, 3, 4, 5, 6, 7, 8])));
        Assert.Equal(
            new PacketInfo(ParseStatus.UnsupportedProtocol, PacketFlags.Ipv4, protocol, 14, 34, 21, 0), Parse(Ethernet4(Ipv4(protocol, [1]))));
    }

    [Fact]
    public void A_known_family_has_its_own_call()
    {
        byte[] four = Ethernet4(Ipv4(IpProtocol.Tcp, Tcp())), six = Ethernet6(Ipv6(IpProtocol.Tcp, Tcp()));
        Assert.True(FlowParser.TryParse(four, out FlowKeyV4 key4, out _));
        Assert.True(FlowParser.TryParse(six, out FlowKeyV6 key6, out _));
        Assert.Equal((53, 53), (key4.DestinationPort, key6.DestinationPort));
        Assert.False(FlowParser.TryParse(six, out key4, out PacketInfo info));
        Assert.False(FlowParser.TryParse(four, out key6, out _));
        Assert.Equal((default, default, ParseStatus.Ok), (key4, key6, info.Status));
        Assert.False(FlowParser.TryParse(four.AsSpan(0, 20), out key4, out info));
        Assert.Equal(ParseStatus.TruncatedIpv4, info.Status);
    }

    [Fact]
    public void Parsing_allocates_nothing()
    {
        (byte[] Bytes, LinkType Link)[] frames = [.. All];
        Allocation.IsZero(() =>
        {
            foreach ((byte[] bytes, LinkType link) in frames)
            {
                FlowParser.Parse(bytes, link, 0, out _, out _, out PacketInfo info);
                QuotedPacketParser.Parse(bytes, info, 0, out _, out _, out _);
            }
        });
    }
}
