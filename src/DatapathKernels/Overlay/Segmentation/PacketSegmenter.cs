using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Overlay;

/// <summary>
/// Splits a packet that segmentation offload made larger than the wire takes, as Linux does in software (<c>tcp_gso_segment</c>,
/// <c>__udp_gso_segment</c>, <c>inet_gso_segment</c>): the headers in front of each piece, with its own lengths, sequence number,
/// flags, identification and checksums.
/// </summary>
/// <remarks>
/// The payload is copied once and summed on the way; every header is the copied one with a few fields mended, whose sum was
/// taken once for all. FIN and PSH stand on the last segment only, CWR on the first only. A UDP packet without a checksum
/// gives packets without. Link padding behind the datagram is dropped. Nothing is allocated.
/// </remarks>
public static partial class PacketSegmenter
{
    /// <summary>The largest payload of a segment whose IP packet stays within an MTU.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="info">What its parse found: TCP or UDP, with its transport header.</param>
    /// <param name="mtu">The path MTU, bytes from the IP header on.</param>
    /// <returns>Bytes; 0 or less when the headers alone take as much.</returns>
    public static int LargestPayload(ReadOnlySpan<byte> frame, in PacketInfo info, int mtu) =>
        mtu - (PayloadOffset(frame, info) - info.L3Offset);

    /// <summary>The same for a packet in a tunnel, whose outer packet is to stay within the MTU.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="outer">What the parse of its outer headers found.</param>
    /// <param name="innerOffset">Where the inner frame or packet starts, bytes from the first of the frame.</param>
    /// <param name="inner">What its parse found, its offsets counted from there.</param>
    /// <param name="mtu">The path MTU, bytes from the outer IP header on.</param>
    /// <returns>Bytes; 0 or less when the headers alone take as much.</returns>
    public static int LargestPayload(ReadOnlySpan<byte> frame, in PacketInfo outer, int innerOffset, in PacketInfo inner, int mtu) =>
        mtu - (innerOffset + PayloadOffset(frame[innerOffset..], inner) - outer.L3Offset);

    /// <summary>Splits a TCP or UDP packet.</summary>
    /// <param name="frame">The frame. Its IP length may be zero, as offload leaves it above 65,535 bytes.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="options">Where to cut.</param>
    /// <param name="output">Room for the segments; it does not overlap the frame. Fastest when it starts at a cache line.</param>
    /// <param name="layout">Where they stand; on <see cref="SegmentationStatus.NoRoom"/> where they would.</param>
    public static SegmentationStatus TrySegment(ReadOnlySpan<byte> frame, in PacketInfo info, in SegmentOptions options, Span<byte> output, out SegmentLayout layout) =>
        TrySegment<NativeIsa>(frame, info, options, output, out layout);

    /// <summary>
    /// Splits the TCP or UDP packet inside a tunnel (VXLAN, Geneve, GUE, IP in IP, GRE without checksum), outer headers in
    /// front of every segment.
    /// </summary>
    /// <param name="frame">The frame.</param>
    /// <param name="outer">What the parse of its outer headers found.</param>
    /// <param name="innerOffset">Where the inner frame or packet starts, bytes from the first of the frame.</param>
    /// <param name="inner">What its parse found, its offsets counted from there.</param>
    /// <param name="options">Where to cut.</param>
    /// <param name="output">Room for the segments; it does not overlap the frame. Fastest when it starts at a cache line.</param>
    /// <param name="layout">Where they stand; on <see cref="SegmentationStatus.NoRoom"/> where they would.</param>
    public static SegmentationStatus TrySegment(ReadOnlySpan<byte> frame, in PacketInfo outer, int innerOffset, in PacketInfo inner, in SegmentOptions options, Span<byte> output, out SegmentLayout layout) =>
        TrySegment<NativeIsa>(frame, outer, innerOffset, inner, options, output, out layout);

    /// <summary>With the vector widths of a policy.</summary>
    internal static SegmentationStatus TrySegment<TIsa>(ReadOnlySpan<byte> frame, in PacketInfo info, in SegmentOptions options, Span<byte> output, out SegmentLayout layout)
        where TIsa : struct, IIsa
    {
        SegmentationStatus status = TryPlan(frame, info, 0, info.L3Offset, options, output, out layout);
        if (status != SegmentationStatus.Ok)
            return status;
        WriteAll<TIsa>(frame, default, false, info, 0, options.FixedId, layout, output);
        return SegmentationStatus.Ok;
    }

    /// <summary>With the vector widths of a policy.</summary>
    internal static SegmentationStatus TrySegment<TIsa>(ReadOnlySpan<byte> frame, in PacketInfo outer, int innerOffset, in PacketInfo inner, in SegmentOptions options, Span<byte> output, out SegmentLayout layout)
        where TIsa : struct, IIsa
    {
        layout = default;
        SegmentationStatus status = CheckOuter(frame, outer, innerOffset, inner);
        if (status == SegmentationStatus.Ok)
            status = TryPlan(frame, inner, innerOffset, outer.L3Offset, options, output, out layout);
        if (status != SegmentationStatus.Ok)
            return status;
        OuterTemplate around = new(frame, outer, innerOffset + inner.L3Offset);
        WriteAll<TIsa>(frame, around, true, inner, innerOffset, options.FixedId, layout, output);
        return SegmentationStatus.Ok;
    }
}
