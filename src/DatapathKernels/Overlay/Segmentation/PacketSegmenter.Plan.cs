using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

public static partial class PacketSegmenter
{
    private const int MaxDatagram = ushort.MaxValue, UdpBytes = 8;
    private const ushort GreChecksum = 0x8000, GreSequence = 0x1000;

    /// <summary>Where the payload starts in a frame whose transport header the parse has proved.</summary>
    private static int PayloadOffset(ReadOnlySpan<byte> frame, in PacketInfo info) =>
        info.L4Offset + (info.Protocol == IpProtocol.Tcp ? (frame[info.L4Offset + 12] >> 4) * 4 : UdpBytes);

    /// <summary>
    /// Proves everything the writing trusts, and lays the segments out. The frame that <c>info</c> counts from starts at
    /// <c>start</c>; the outermost IP header is at <c>outermost</c>, and its field must be able to say the length.
    /// </summary>
    private static SegmentationStatus TryPlan(ReadOnlySpan<byte> frame, in PacketInfo info, int start, int outermost, in SegmentOptions options, Span<byte> output, out SegmentLayout layout)
    {
        layout = default;
        SegmentationStatus status = CheckPacket(frame[start..], info);
        if (status != SegmentationStatus.Ok)
            return status;
        int headers = start + PayloadOffset(frame[start..], info);
        int payload = start + info.L3Offset + (int)info.L3Length - headers;
        int most = Math.Min(payload, options.PayloadBytes);
        if (options.PayloadBytes <= 0 || options.Headroom < 0 || headers - outermost + most > MaxDatagram)
            return SegmentationStatus.BadSize;

        layout = new SegmentLayout(options.Headroom, headers, options.PayloadBytes, payload);
        if (layout.Count > 1 && info.Protocol == IpProtocol.Tcp && ((TcpFlags)frame[start + info.L4Offset + 13] & (TcpFlags.Syn | TcpFlags.Rst)) != 0)
            return SegmentationStatus.Unsupported;
        return layout.OutputBytes > output.Length ? SegmentationStatus.NoRoom : SegmentationStatus.Ok;
    }

    private static SegmentationStatus CheckPacket(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        if ((info.Flags & PacketFlags.Fragment) != 0)
            return SegmentationStatus.Unsupported;
        if ((info.Flags & PacketFlags.Transport) == 0 || info.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp) || info.L3Offset + (long)info.L3Length > frame.Length)
            return SegmentationStatus.NotWhole;
        if ((info.Flags & PacketFlags.Ipv6) != 0 && (info.Flags & PacketFlags.Options) != 0 && CoversPayload(frame, info))
            return SegmentationStatus.Unsupported;
        if (info.Protocol == IpProtocol.Tcp)
            return SegmentationStatus.Ok;
        // Bytes behind the UDP datagram belong to no segment; a length of zero is offload's way to say "all".
        int length = BinaryPrimitives.ReadUInt16BigEndian(frame[(info.L4Offset + 4)..]);
        return length == 0 || length == info.L4Length ? SegmentationStatus.Ok : SegmentationStatus.Unsupported;
    }

    /// <summary>An authentication header signs what follows it; a jumbo payload option states its length.</summary>
    private static bool CoversPayload(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        ReadOnlySpan<byte> headers = frame[info.L3Offset..info.L4Offset];
        IpProtocol protocol = (IpProtocol)headers[6];
        if (protocol == IpProtocol.HopByHop && BinaryPrimitives.ReadUInt16BigEndian(headers[4..]) == 0)
            return true;
        ReadOnlySpan<byte> rest = headers[Ipv6Header.Size..];
        while (Ipv6ExtensionHeader.TryParse(protocol, rest, out Ipv6ExtensionHeader extension) == ParseStatus.Ok)
        {
            if (extension.Type == IpProtocol.Ah)
                return true;
            protocol = extension.NextHeader;
            rest = extension.Payload;
        }

        return false;
    }

    private static SegmentationStatus CheckOuter(ReadOnlySpan<byte> frame, in PacketInfo outer, int innerOffset, in PacketInfo inner)
    {
        if ((outer.Flags & PacketFlags.Fragment) != 0)
            return SegmentationStatus.Unsupported;
        long end = outer.L3Offset + (long)outer.L3Length;
        if (!outer.HasKey || end > frame.Length || innerOffset < outer.L4Offset || innerOffset + inner.L3Offset + (long)inner.L3Length > end)
            return SegmentationStatus.NotWhole;
        if ((outer.Flags & PacketFlags.Ipv6) != 0 && (outer.Flags & PacketFlags.Options) != 0 && CoversPayload(frame, outer))
            return SegmentationStatus.Unsupported;
        int between = innerOffset + inner.L3Offset - outer.L4Offset;
        bool known = outer.Protocol switch
        {
            // An odd distance would put the inner bytes into the other halves of the outer checksum's words.
            IpProtocol.Udp => (outer.Flags & PacketFlags.Transport) != 0 && between >= UdpBytes && between % 2 == 0,
            IpProtocol.Gre => between >= 4 && (BinaryPrimitives.ReadUInt16BigEndian(frame[outer.L4Offset..]) & (GreChecksum | GreSequence)) == 0,
            IpProtocol.Ipv4 or IpProtocol.Ipv6 => true,
            _ => false,
        };
        return known ? SegmentationStatus.Ok : SegmentationStatus.Unsupported;
    }
}
