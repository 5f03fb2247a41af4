using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Cuts a datagram into IP fragments: IPv4 as Linux's <c>ip_do_fragment</c> does (RFC 791), IPv6 as <c>ip6_fragment</c> does,
/// behind a fragment header (RFC 8200, section 4.5).
/// </summary>
/// <remarks>
/// A datagram that fits comes out as it is, once. The transport checksum is not looked at: it covers the whole and must be right
/// before. A fragment of IPv4 may be cut again. Options that belong to the first fragment only become no-operations in the
/// others, as Linux writes them. RFC 7348 forbids a VTEP to fragment; who asks for it here has decided otherwise.
/// </remarks>
public static partial class PacketFragmenter
{
    private const ushort DontFragmentBit = 0x4000, MoreFragmentsBit = 0x2000;
    private const int Ipv6FragmentBytes = 8, MaxDatagram = ushort.MaxValue;

    /// <summary>Fragments the datagram of a frame; each fragment gets its link header too.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="options">Where and whether to cut.</param>
    /// <param name="output">Room for the fragments; it does not overlap the frame.</param>
    /// <param name="layout">Where they stand; on <see cref="SegmentationStatus.NoRoom"/> where they would.</param>
    public static SegmentationStatus TryFragment(ReadOnlySpan<byte> frame, in PacketInfo info, in FragmentOptions options, Span<byte> output, out SegmentLayout layout)
    {
        layout = default;
        long end = info.L3Offset + (long)info.L3Length;
        if (!info.HasKey || end > frame.Length)
            return SegmentationStatus.NotWhole;
        if (info.L3Length > MaxDatagram || options.Headroom < 0)
            return SegmentationStatus.BadSize;
        frame = frame[..(int)end];
        if (info.L3Length <= options.Mtu)
            return CopyWhole(frame, info, options, output, out layout);
        return (info.Flags & PacketFlags.Ipv4) != 0
            ? FragmentV4(frame, info, options, output, out layout)
            : FragmentV6(frame, info, options, output, out layout);
    }

    private static SegmentationStatus CopyWhole(ReadOnlySpan<byte> frame, in PacketInfo info, in FragmentOptions options, Span<byte> output, out SegmentLayout layout)
    {
        layout = new SegmentLayout(options.Headroom, info.L3Offset, (int)info.L3Length, (int)info.L3Length);
        if (layout.OutputBytes > output.Length)
            return SegmentationStatus.NoRoom;
        frame.CopyTo(layout.Slice(output, 0));
        return SegmentationStatus.Ok;
    }

    private static SegmentationStatus FragmentV4(ReadOnlySpan<byte> frame, in PacketInfo info, in FragmentOptions options, Span<byte> output, out SegmentLayout layout)
    {
        layout = default;
        ReadOnlySpan<byte> header = frame[info.L3Offset..];
        ushort field = BinaryPrimitives.ReadUInt16BigEndian(header[6..]);
        if ((field & DontFragmentBit) != 0 && !options.OverrideDontFragment)
            return SegmentationStatus.DontFragment;
        int headerBytes = (header[0] & 15) * 4;
        int piece = (options.Mtu - headerBytes) & ~7;
        if (piece <= 0)
            return SegmentationStatus.BadSize;

        int headers = info.L3Offset + headerBytes;
        layout = new SegmentLayout(options.Headroom, headers, piece, frame.Length - headers);
        if (layout.OutputBytes > output.Length)
            return SegmentationStatus.NoRoom;
        for (int i = 0; i < layout.Count; i++)
        {
            Span<byte> fragment = layout.Slice(output, i);
            frame[..headers].CopyTo(fragment);
            frame.Slice(headers + i * piece, layout.PayloadOf(i)).CopyTo(fragment[headers..]);
            bool more = i < layout.Count - 1 || (field & MoreFragmentsBit) != 0;
            if (i > 0)
                BlankOptions(fragment[(info.L3Offset + Ipv4Header.MinSize)..headers]);
            WriteV4(fragment[info.L3Offset..], headerBytes, info.FragmentOffset + i * piece, more);
        }

        return SegmentationStatus.Ok;
    }

    private static void WriteV4(Span<byte> fragment, int headerBytes, int offset, bool more)
    {
        BinaryPrimitives.WriteUInt16BigEndian(fragment[2..], (ushort)fragment.Length);
        BinaryPrimitives.WriteUInt16BigEndian(fragment[6..], (ushort)((offset / 8) | (more ? MoreFragmentsBit : 0)));
        BinaryPrimitives.WriteUInt16BigEndian(fragment[10..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(fragment[10..], InternetChecksum.Compute(fragment[..headerBytes]));
    }

    /// <summary>The kernel's <c>ip_options_fragment</c>: without its copied bit (RFC 791, section 3.1) an option stays behind.</summary>
    private static void BlankOptions(Span<byte> options)
    {
        const byte End = 0, NoOperation = 1, CopiedBit = 0x80;
        while (!options.IsEmpty && options[0] != End)
        {
            int length = options[0] == NoOperation ? 1 : options.Length < 2 ? 0 : options[1];
            if (length == 0 || length > options.Length || (length == 1 && options[0] != NoOperation))
                return;
            if ((options[0] & CopiedBit) == 0)
                options[..length].Fill(NoOperation);
            options = options[length..];
        }
    }
}
