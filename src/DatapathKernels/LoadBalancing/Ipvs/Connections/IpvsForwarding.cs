using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// What the forwarding modes that leave the packet as it is still write around it: another MAC address for direct routing, another IP
/// header for tunnelling (<c>ip_vs_dr_xmit</c>, <c>ip_vs_tunnel_xmit</c>).
/// </summary>
public static class IpvsForwarding
{
    /// <summary>Bytes of the outer header over IPv4, and over IPv6.</summary>
    public const int TunnelBytesV4 = 20, TunnelBytesV6 = 40;

    private const int EthernetBytes = 14;
    private const byte EcnMask = 3, Ect0 = 2, Ce = 3;

    /// <summary>Direct routing: the frame goes to the real server's MAC address.</summary>
    /// <param name="frame">An Ethernet frame.</param>
    /// <param name="server">The real server's address.</param>
    /// <param name="own">This node's address on that link.</param>
    /// <returns>False for a frame shorter than its Ethernet header; then nothing is written.</returns>
    public static bool TrySetMac(Span<byte> frame, MacAddress server, MacAddress own)
    {
        if (frame.Length < EthernetBytes)
            return false;
        server.CopyTo(frame);
        own.CopyTo(frame[6..]);
        return true;
    }

    /// <summary>
    /// Tunnelling over IPv4: writes the outer header in front of a datagram. TTL and, but for ECN's "congestion experienced", the
    /// TOS byte are the inner packet's; so is "don't fragment" (IPv6 inside: not set).
    /// </summary>
    /// <param name="buffer">Room of <see cref="TunnelBytesV4"/> bytes, then the datagram.</param>
    /// <param name="sourceBe">This node's address, network byte order.</param>
    /// <param name="server">The real server, an IPv4 address.</param>
    /// <param name="id">IPv4 identification of the outer packet.</param>
    /// <returns>False, and nothing is written, when what follows the room is no IP datagram, or one too long for the outer header.</returns>
    public static bool TryWriteTunnelV4(Span<byte> buffer, uint sourceBe, in IPv6Address server, ushort id = 0)
    {
        if (!TryReadInner(buffer, TunnelBytesV4, out Inner inner) || buffer.Length > ushort.MaxValue)
            return false;
        Ipv4Fields outer = new()
        {
            Tos = OuterTrafficClass(inner.TrafficClass),
            Id = id,
            DontFragment = inner.DontFragment,
            Ttl = inner.HopLimit,
            Protocol = inner.IsV6 ? IpProtocol.Ipv6 : IpProtocol.Ipv4,
            Source = Host(sourceBe),
            Destination = Host(IPv6Address.FirstWord(server)),
        };
        Ipv4Writer.Write(buffer, outer, buffer.Length - TunnelBytesV4);
        return true;
    }

    /// <summary>Tunnelling over IPv6.</summary>
    /// <param name="buffer">Room of <see cref="TunnelBytesV6"/> bytes, then the datagram.</param>
    /// <param name="source">This node's address.</param>
    /// <param name="server">The real server.</param>
    /// <returns>As for IPv4.</returns>
    public static bool TryWriteTunnelV6(Span<byte> buffer, in IPv6Address source, in IPv6Address server)
    {
        if (!TryReadInner(buffer, TunnelBytesV6, out Inner inner) || buffer.Length - TunnelBytesV6 > ushort.MaxValue)
            return false;
        Ipv6Fields outer = new()
        {
            TrafficClass = OuterTrafficClass(inner.TrafficClass),
            NextHeader = inner.IsV6 ? IpProtocol.Ipv6 : IpProtocol.Ipv4,
            HopLimit = inner.HopLimit,
            Source = source,
            Destination = server,
        };
        Ipv6Writer.Write(buffer, outer, buffer.Length - TunnelBytesV6);
        return true;
    }

    /// <summary><c>INET_ECN_encapsulate</c>: congestion the packet met before stays in the inner header alone.</summary>
    private static byte OuterTrafficClass(byte inner) => (inner & EcnMask) == Ce ? (byte)((inner & ~EcnMask) | Ect0) : inner;

    private static uint Host(uint be) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(be) : be;

    private static bool TryReadInner(ReadOnlySpan<byte> buffer, int room, out Inner inner)
    {
        inner = default;
        if (buffer.Length < room + 20)
            return false;
        ReadOnlySpan<byte> packet = buffer[room..];
        int version = packet[0] >> 4;
        if (version == 4)
            inner = new(false, packet[1], packet[8], (packet[6] & 0x40) != 0);
        else if (version == 6 && packet.Length >= 40)
            inner = new(true, (byte)(BinaryPrimitives.ReadUInt16BigEndian(packet) >> 4), packet[7], false);
        return version is 4 || (version is 6 && packet.Length >= 40);
    }

    private readonly record struct Inner(bool IsV6, byte TrafficClass, byte HopLimit, bool DontFragment);
}
