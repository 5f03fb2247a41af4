using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using Xunit;

namespace DatapathKernels.Tests.Packets;

public class Ipv6ExtensionTests
{
    private static readonly FrameSpec Plain = new() { Source = "fd00::1", Destination = "fd00::2", Link = LinkType.Raw };

    [Fact]
    public void Every_kind_is_passed_over_in_any_order()
    {
        byte[] packet = (Plain with
        {
            Extensions =
            [
                (IpProtocol.DestinationOptions, [1, 4, 0, 0, 0, 0]),
                (IpProtocol.HopByHop, [1, 12, .. new byte[12]]),
                (IpProtocol.Ah, [0, 0, .. new byte[20]]),
                (IpProtocol.Fragment, []),
                (IpProtocol.Routing, [4, 1, .. new byte[20]]),
            ],
        }).ToBytes();
        Assert.Equal(ParseStatus.Ok, Ipv6ExtensionChain.Walk(packet, out Ipv6ExtensionInfo info));
        Assert.Equal((40 + 8 + 16 + 24 + 8 + 24, IpProtocol.Tcp, 5), (info.Offset, info.Protocol, info.Count));
        Assert.True(info is { HasFragment: true, FragmentOffset: 0, MoreFragments: false, FragmentId: 0x1234, JumboLength: 0 });
    }

    [Fact]
    public void Each_view_reads_its_fields()
    {
        byte[] bytes = new byte[64];
        int length = Ipv6Writer.WriteExtension(bytes, IpProtocol.Ah, IpProtocol.Tcp, [0, 0, 1, 2, 3, 4, .. new byte[16]]);
        Assert.Equal(24, length);
        Assert.Equal(ParseStatus.Ok, Ipv6ExtensionHeader.TryParse(IpProtocol.Ah, bytes, out Ipv6ExtensionHeader ah));
        Assert.Equal((24, IpProtocol.Tcp, 0x01020304u, 40), (ah.HeaderBytes, ah.NextHeader, ah.SecurityParametersIndex, ah.Payload.Length));

        Ipv6Writer.WriteExtension(bytes, IpProtocol.Routing, IpProtocol.Udp, [4, 2]);
        Ipv6ExtensionHeader.TryParse(IpProtocol.Routing, bytes, out Ipv6ExtensionHeader routing);
        Assert.Equal((8, 4, 2, 6), (routing.HeaderBytes, routing.RoutingType, routing.SegmentsLeft, routing.Data.Length));

        Ipv6Writer.WriteFragment(bytes, IpProtocol.Udp, 1448, true, 0xcafe);
        Ipv6ExtensionHeader.TryParse(IpProtocol.Fragment, bytes, out Ipv6ExtensionHeader fragment);
        Assert.Equal((8, 1448, true, 0xcafeu), (fragment.HeaderBytes, fragment.FragmentOffset, fragment.MoreFragments, fragment.FragmentId));

        Assert.Equal(ParseStatus.BadExtension, Ipv6ExtensionHeader.TryParse(IpProtocol.Tcp, bytes, out _));
        Assert.Throws<ArgumentException>(() => Ipv6Writer.WriteExtension(bytes, IpProtocol.Fragment, IpProtocol.Tcp, []));
        Assert.Throws<ArgumentException>(() => Ipv6Writer.WriteExtension(new byte[4096], IpProtocol.Routing, IpProtocol.Tcp, new byte[2048]));
        Assert.Throws<ArgumentException>(() => Ipv6Writer.WriteFragment(bytes, IpProtocol.Tcp, 4, false, 0));
    }

    [Fact]
    public void A_later_fragment_ends_the_walk()
    {
        byte[] packet = (Plain with { Extensions = [(IpProtocol.Fragment, [])], FragmentOffset = 1448, Protocol = IpProtocol.HopByHop, Payload = new byte[4] }).ToBytes();
        Assert.Equal(ParseStatus.Ok, Ipv6ExtensionChain.Walk(packet, out Ipv6ExtensionInfo info));
        Assert.Equal((48, IpProtocol.HopByHop, 1448), (info.Offset, info.Protocol, info.FragmentOffset));
    }

    [Fact]
    public void A_jumbo_option_tells_the_length()
    {
        byte[] packet = (Plain with { Extensions = [(IpProtocol.HopByHop, [0xc2, 4, 0, 1, 0, 0])] }).ToBytes();
        Ipv6ExtensionChain.Walk(packet, out Ipv6ExtensionInfo info);
        Assert.Equal(65536u, info.JumboLength);

        packet = (Plain with { Extensions = [(IpProtocol.HopByHop, [0, 1, 200, 0, 0, 0])] }).ToBytes();
        Ipv6ExtensionChain.Walk(packet, out info);
        Assert.Equal(0u, info.JumboLength);
    }

    [Fact]
    public void Too_many_headers_and_cut_headers_have_their_own_status()
    {
        (IpProtocol, byte[])[] many = [.. Enumerable.Repeat((IpProtocol.DestinationOptions, new byte[6]), Ipv6ExtensionChain.MaxHeaders)];
        byte[] packet = (Plain with { Extensions = many }).ToBytes();
        Assert.Equal(ParseStatus.Ok, Ipv6ExtensionChain.Walk(packet, out _));
        packet = (Plain with { Extensions = [.. many, many[0]] }).ToBytes();
        Assert.Equal(ParseStatus.BadExtension, Ipv6ExtensionChain.Walk(packet, out _));

        packet = (Plain with { Extensions = [(IpProtocol.Routing, new byte[14])] }).ToBytes();
        for (int length = 40; length < 56; length++)
            Assert.Equal(ParseStatus.TruncatedExtension, Ipv6ExtensionChain.Walk(packet.AsSpan(0, length), out _));
        Assert.Equal(ParseStatus.TruncatedIpv6, Ipv6ExtensionChain.Walk(packet.AsSpan(0, 39), out _));
    }
}
