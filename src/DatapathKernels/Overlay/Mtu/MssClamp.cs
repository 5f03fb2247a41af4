using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Keeps TCP below a path MTU by what its SYN announces, as <c>TCPMSS --clamp-mss-to-pmtu</c> does: no segment is ever too big, and
/// no ICMP error has to find its way back.
/// </summary>
public static class MssClamp
{
    /// <summary>The largest segment a path takes: its MTU less the IP and TCP headers without options.</summary>
    /// <param name="pathMtu">Bytes from the IP header on.</param>
    /// <param name="ipv6">The family.</param>
    public static int SegmentBytes(int pathMtu, bool ipv6) => pathMtu - (ipv6 ? Ipv6Header.Size : Ipv4Header.MinSize) - TcpHeader.MinSize;

    /// <summary>Lowers the maximum segment size of a SYN; any other packet stays as it is.</summary>
    /// <param name="frame">The frame. Bytes behind the datagram are room for an option where there was none.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="pathMtu">The path MTU, bytes.</param>
    /// <param name="grown">Bytes by which the datagram grew: 4 or 0.</param>
    /// <returns>See <see cref="SegmentSizeRewriter.Lower"/>; <see cref="RewriteStatus.NoRoom"/> also when the MTU leaves no room for a segment.</returns>
    public static RewriteStatus ToPath(Span<byte> frame, in PacketInfo info, int pathMtu, out int grown)
    {
        grown = 0;
        if (info.Protocol != IpProtocol.Tcp || (info.Flags & PacketFlags.Transport) == 0 || ((TcpFlags)frame[info.L4Offset + TcpHeader.FlagsOffset] & TcpFlags.Syn) == 0)
            return RewriteStatus.Ok;
        int bytes = SegmentBytes(pathMtu, (info.Flags & PacketFlags.Ipv6) != 0);
        return bytes <= 0
            ? RewriteStatus.NoRoom
            : SegmentSizeRewriter.Lower(frame, info, 0, (ushort)Math.Min(bytes, ushort.MaxValue), out grown);
    }
}
