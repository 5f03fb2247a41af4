using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Overlay;

public static partial class PacketSegmenter
{
    /// <summary>Writes every segment: headers, payload with its sum, then what is the segment's own from the inside out.</summary>
    private static void WriteAll<TIsa>(ReadOnlySpan<byte> frame, in OuterTemplate outer, bool tunnelled, in PacketInfo info, int start, bool fixedId, in SegmentLayout layout, Span<byte> output)
        where TIsa : struct, IIsa
    {
        bool ipv4 = (info.Flags & PacketFlags.Ipv4) != 0;
        NetworkTemplate network = new(frame, start + info.L3Offset, start + info.L4Offset, ipv4, info.Protocol, fixedId);
        TransportTemplate transport = new(frame, start + info.L4Offset, info.Protocol);
        ReadOnlySpan<byte> headers = frame[..layout.HeaderBytes];
        int last = layout.Count - 1;
        for (int i = 0, offset = 0; i <= last; i++, offset += layout.PayloadBytes)
        {
            Span<byte> segment = layout.Slice(output, i);
            headers.CopyTo(segment);
            ReadOnlySpan<byte> payload = frame.Slice(headers.Length + offset, layout.PayloadOf(i));
            uint sum = InternetChecksum.CopyAndSum<TIsa>(payload, segment[headers.Length..]);

            uint pseudo = network.PseudoHeader(segment.Length - transport.At);
            uint transportSum = transport.Write(segment, offset, i == last, sum, pseudo);
            uint networkSum = network.Write(segment, i);
            if (tunnelled)
                outer.Write(segment, i, InternetChecksum.Add(networkSum, transportSum));
        }
    }
}
