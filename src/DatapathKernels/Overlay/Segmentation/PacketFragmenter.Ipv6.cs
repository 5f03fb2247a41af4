using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

public static partial class PacketFragmenter
{
    private static SegmentationStatus FragmentV6(ReadOnlySpan<byte> frame, in PacketInfo info, in FragmentOptions options, Span<byte> output, out SegmentLayout layout)
    {
        layout = default;
        if (!options.IsSender)
            return SegmentationStatus.DontFragment;
        ReadOnlySpan<byte> datagram = frame[info.L3Offset..];
        if (!FindFragmentable(datagram, out int kept, out int nextHeaderAt))
            return SegmentationStatus.Unsupported;
        int piece = (options.Mtu - kept - Ipv6FragmentBytes) & ~7;
        if (piece <= 0)
            return SegmentationStatus.BadSize;

        int start = info.L3Offset + kept;
        int headers = start + Ipv6FragmentBytes;
        layout = new SegmentLayout(options.Headroom, headers, piece, frame.Length - start);
        if (layout.OutputBytes > output.Length)
            return SegmentationStatus.NoRoom;
        IpProtocol next = (IpProtocol)datagram[nextHeaderAt];
        for (int i = 0; i < layout.Count; i++)
        {
            Span<byte> fragment = layout.Slice(output, i);
            frame[..start].CopyTo(fragment);
            frame.Slice(start + i * piece, layout.PayloadOf(i)).CopyTo(fragment[headers..]);
            Ipv6Writer.WriteFragment(fragment[start..], next, (ushort)(i * piece), i < layout.Count - 1, options.Id);
            Span<byte> ip = fragment[info.L3Offset..];
            ip[nextHeaderAt] = (byte)IpProtocol.Fragment;
            BinaryPrimitives.WriteUInt16BigEndian(ip[Ipv6Header.LengthOffset..], (ushort)(ip.Length - Ipv6Header.Size));
        }

        return SegmentationStatus.Ok;
    }

    /// <summary>
    /// Where the fragment header goes, as the kernel's <c>ip6_find_1stfragopt</c> finds it: behind hop-by-hop options, routing
    /// headers and the destination options that no routing header precedes; those every router on the way needs.
    /// </summary>
    /// <param name="datagram">From the IPv6 header on.</param>
    /// <param name="kept">Bytes that every fragment repeats.</param>
    /// <param name="nextHeaderAt">Where the last of them names what follows.</param>
    /// <returns>False when there is a fragment header already, or a header is broken.</returns>
    private static bool FindFragmentable(ReadOnlySpan<byte> datagram, out int kept, out int nextHeaderAt)
    {
        kept = Ipv6Header.Size;
        nextHeaderAt = Ipv6Header.NextHeaderOffset;
        bool routed = false;
        while (true)
        {
            IpProtocol next = (IpProtocol)datagram[nextHeaderAt];
            if (next is not (IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.DestinationOptions) || (next == IpProtocol.DestinationOptions && routed))
                return next != IpProtocol.Fragment;
            routed |= next == IpProtocol.Routing;
            if (Ipv6ExtensionHeader.TryParse(next, datagram[kept..], out Ipv6ExtensionHeader extension) != ParseStatus.Ok)
                return false;
            nextHeaderAt = kept;
            kept = datagram.Length - extension.Payload.Length;
        }
    }
}
