using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Generators;

/// <summary>Frames built by hand, byte by byte, without the code under test.</summary>
public static class Frames
{
    public static readonly byte[] Source4 = [10, 0, 0, 1];
    public static readonly byte[] Destination4 = [10, 96, 0, 10];
    public static readonly byte[] Source6 = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    public static readonly byte[] Destination6 = [0xfd, 0, 0, 0x10, 0, 0x96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a];

    public static byte[] Ethernet(ushort type, byte[] payload) =>
        [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, .. U16(type), .. payload];

    public static byte[] Ethernet4(byte[] packet) => Ethernet(0x0800, packet);

    public static byte[] Ethernet6(byte[] packet) => Ethernet(0x86dd, packet);

    /// <summary>The bytes of one tag and what follows it; the EtherType before it is the outer layer's.</summary>
    public static byte[] Tag(ushort tci, ushort type, byte[] payload) => [.. U16(tci), .. U16(type), .. payload];

    public static byte[] Ipv4(
        IpProtocol protocol, byte[] payload, byte[]? options = null, int fragment = 0, int? totalLength = null)
    {
        options ??= [];
        int header = 20 + options.Length;
        return
        [
            (byte)(0x40 | (header / 4)), 0, .. U16(totalLength ?? header + payload.Length), 0x12, 0x34, .. U16(fragment),
            64, (byte)protocol, 0, 0, .. Source4, .. Destination4, .. options, .. payload,
        ];
    }

    public static byte[] Ipv6(IpProtocol next, byte[] payload, int? payloadLength = null) =>
        [0x60, 0, 0, 0, .. U16(payloadLength ?? payload.Length), (byte)next, 64, .. Source6, .. Destination6, .. payload];

    /// <summary>Hop-by-hop, routing or destination options: 8 bytes of padding option.</summary>
    public static byte[] Extension(IpProtocol next, byte[] payload) => [(byte)next, 0, 1, 4, 0, 0, 0, 0, .. payload];

    public static byte[] JumboExtension(IpProtocol next, uint length, byte[] payload)
    {
        byte[] bytes = [(byte)next, 0, 0xc2, 4, 0, 0, 0, 0, .. payload];
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), length);
        return bytes;
    }

    public static byte[] FragmentExtension(IpProtocol next, int offset, bool more, byte[] payload) =>
        [(byte)next, 0, .. U16(offset | (more ? 1 : 0)), 0, 0, 0, 7, .. payload];

    public static byte[] Tcp(int payload = 0, int dataOffset = 5) =>
        [.. U16(4000), .. U16(53), 0, 0, 0, 1, 0, 0, 0, 2, (byte)(dataOffset << 4), 0x10, 1, 0, 0, 0, 0, 0, .. new byte[payload]];

    public static byte[] Udp(int payload = 0, int? length = null) =>
        [.. U16(4000), .. U16(53), .. U16(length ?? 8 + payload), 0, 0, .. new byte[payload]];

    public static byte[] Icmp(byte type, byte code, ushort id, byte[]? payload = null) =>
        [type, code, 0, 0, .. U16(id), 0, 1, .. payload ?? []];

    private static byte[] U16(int value) => [(byte)(value >> 8), (byte)value];

    /// <summary>One frame of every shape the parser knows, for tests that cut and mutate.</summary>
    public static IReadOnlyList<(byte[] Bytes, LinkType Link)> All { get; } =
    [
        .. new byte[][]
        {
            Ethernet4(Ipv4(IpProtocol.Tcp, Tcp(30))),
            Ethernet4(Ipv4(IpProtocol.Tcp, Tcp(30, 8))),
            Ethernet4(Ipv4(IpProtocol.Udp, Udp(30))),
            [.. Ethernet4(Ipv4(IpProtocol.Udp, Udp(1))), .. new byte[17]],
            Ethernet4(Ipv4(IpProtocol.Tcp, Tcp(5), new byte[8])),
            Ethernet4(Ipv4(IpProtocol.Tcp, Tcp(9), totalLength: 0)),
            Ethernet4(Ipv4(IpProtocol.Udp, Udp(9, 0), totalLength: 0)),
            Ethernet4(Ipv4(IpProtocol.Udp, Udp(24, 900), fragment: 0x2000)),
            Ethernet4(Ipv4(IpProtocol.Udp, new byte[24], fragment: 3)),
            Ethernet4(Ipv4(IpProtocol.Icmp, Icmp(8, 0, 77, new byte[8]))),
            Ethernet4(Ipv4(IpProtocol.Icmp, Icmp(3, 3, 0, Ipv4(IpProtocol.Udp, Udp(0, 500), totalLength: 520)))),
            Ethernet4(Ipv4(IpProtocol.Sctp, new byte[16])),
            Ethernet4(Ipv4(IpProtocol.Dccp, new byte[16])),
            Ethernet4(Ipv4(IpProtocol.UdpLite, Udp(4))),
            Ethernet4(Ipv4(IpProtocol.Gre, new byte[8])),
            Ethernet(0x8100, Tag(100, 0x0800, Ipv4(IpProtocol.Tcp, Tcp(3)))),
            Ethernet(0x88a8, Tag(100, 0x8100, Tag(7, 0x86dd, Ipv6(IpProtocol.Udp, Udp(3))))),
            Ethernet6(Ipv6(IpProtocol.Tcp, Tcp(20))),
            Ethernet6(Ipv6(IpProtocol.Udp, Udp(20))),
            Ethernet(0x8100, Tag(1, 0x86dd, Ipv6(IpProtocol.Tcp, Tcp(1)))),
            Ethernet6(Ipv6(IpProtocol.IcmpV6, Icmp(128, 0, 9))),
            Ethernet6(Ipv6(IpProtocol.IcmpV6, Icmp(1, 4, 0, Ipv6(IpProtocol.Tcp, Tcp())))),
            Ethernet6(Ipv6(IpProtocol.HopByHop, Extension(IpProtocol.DestinationOptions, Extension(IpProtocol.Tcp, Tcp(2))))),
            Ethernet6(Ipv6(IpProtocol.Fragment, FragmentExtension(IpProtocol.Udp, 0, true, Udp(8, 900)))),
            Ethernet6(Ipv6(IpProtocol.Fragment, FragmentExtension(IpProtocol.Udp, 800, false, new byte[9]))),
            Ethernet6(Ipv6(IpProtocol.Tcp, Tcp(5), 0)),
            Ethernet(0x0806, new byte[28]),
        }.Select(frame => (frame, LinkType.Ethernet)),
        (Ipv4(IpProtocol.Tcp, Tcp()), LinkType.Raw),
        (Ipv6(IpProtocol.Tcp, Tcp()), LinkType.Ipv6),
        (Ipv4(IpProtocol.Udp, Udp()), LinkType.Ipv4),
        ([0, 0, 0, 2, .. Ipv4(IpProtocol.Udp, Udp())], LinkType.Loop),
        ([30, 0, 0, 0, .. Ipv6(IpProtocol.Udp, Udp())], LinkType.Null),
        ([.. new byte[14], 8, 0, .. Ipv4(IpProtocol.Udp, Udp())], LinkType.LinuxSll),
        ([8, 0, .. new byte[18], .. Ipv4(IpProtocol.Udp, Udp())], LinkType.LinuxSll2),
    ];
}
