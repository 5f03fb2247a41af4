using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// What the client of a tunnelled connection is told when a router between this node and the server sends an error (<see cref="IpvsStatus.TunnelError"/>):
/// the same error about the packet as the client sent it, from the virtual address (<c>ip_vs_in_icmp</c>).
/// </summary>
public static class IpvsTunnelErrors
{
    private const byte Unreachable = 3, FragmentationNeeded = 4;
    private const int OuterBytes = 20, LeastMtu = 68, RestAt = 4;

    /// <summary>Writes the client's error: a whole IPv4 datagram, checksums included.</summary>
    /// <param name="frame">The frame that carries the router's error.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="answer">Room for it, at most 576 bytes.</param>
    /// <param name="id">IPv4 identification.</param>
    /// <returns>
    /// Its bytes; 0 when there is nothing to say: the quote is none of a tunnelled packet, the room is too small, or "fragmentation needed" is
    /// about a packet that may be fragmented.
    /// </returns>
    /// <remarks>The MTU told is the router's less the outer header. The kernel prefers its route's, which it has just learnt from this error.</remarks>
    public static int Write(ReadOnlySpan<byte> frame, in PacketInfo info, Span<byte> answer, ushort id = 0)
    {
        QuotedPacketParser.Parse(frame, info, 0, out _, out _, out PacketInfo quoted);
        if (!quoted.HasKey || quoted.Protocol != IpProtocol.Ipv4 || (quoted.Flags & PacketFlags.NonFirstFragment) != 0)
            return 0;
        QuotedPacketParser.ParseInside(frame, quoted, out FlowKeyV4 key, out PacketInfo inside);
        if (!inside.HasKey)
            return 0;
        ReadOnlySpan<byte> icmp = frame[info.L4Offset..];
        uint rest = BinaryPrimitives.ReadUInt32BigEndian(icmp[RestAt..]);
        if (icmp[0] == Unreachable && icmp[1] == FragmentationNeeded)
        {
            const byte dontFragment = 0x40;
            if ((frame[inside.L3Offset + 6] & dontFragment) == 0)
                return 0;
            rest &= ushort.MaxValue;
            rest -= rest > LeastMtu + OuterBytes ? (uint)OuterBytes : 0;
        }

        return IcmpErrorWriter.Write(frame, inside, (int)inside.L3Length, icmp[0], icmp[1], rest, IPv6Address.OfV4(key.DestinationBe), answer, id);
    }
}
