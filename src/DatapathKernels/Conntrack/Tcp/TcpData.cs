using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// The segment that nearly every segment is: data or an acknowledgment on an established connection, inside the window, without selective acknowledgments.
/// It is followed as <see cref="TcpTracker.Follow"/> follows it, by a tenth of its questions.
/// </summary>
internal static class TcpData
{
    private const int PlainHeader = 20, TimestampHeader = 32;
    private const byte PlainOffset = 5 << 4, TimestampOffset = 8 << 4;

    // Two of padding, timestamps of ten bytes: the layout of RFC 7323, appendix A.
    private const uint TimestampOption = 0x0101_080a;

    /// <summary>Follows such a segment of a connection that is assured.</summary>
    /// <param name="flow">The connection; untouched when the answer is false.</param>
    /// <param name="reply">True when the answering side sent it.</param>
    /// <param name="segment">From the TCP header to the end of the datagram.</param>
    /// <param name="settings">How strict, and how long.</param>
    /// <param name="seconds">How long the connection lasts from now.</param>
    /// <returns>False for any other segment.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFollow(ref TcpFlow flow, bool reply, ReadOnlySpan<byte> segment, TcpSettings settings, out int seconds)
    {
        seconds = 0;
        if (flow.State != TcpState.Established || !TryHeader(segment, out int header))
            return false;
        ref TcpSide sender = ref Unsafe.Add(ref flow.Original, reply ? 1 : 0);
        ref TcpSide receiver = ref Unsafe.Add(ref flow.Original, reply ? 0 : 1);

        // SAFE: the header is there.
        ref byte start = ref MemoryMarshal.GetReference(segment);
        uint sequence = Word(ref start, 4), ack = Word(ref start, 8), end = sequence + (uint)(segment.Length - header);
        ushort window = (ushort)(Word(ref start, 12));
        if (sender.MaxWindow == 0 || receiver.MaxWindow == 0 || !TcpWindows.Fits(sender, receiver, sequence, end, ack))
            return false;
        TcpWindows.Update(ref sender, ref receiver, acknowledges: true, end, ack, ack, (uint)window << sender.Scale);
        TcpWindows.CountRetransmissions(ref flow, reply, sequence, ack, end, window);
        (flow.LastKind, flow.LastWasReply) = (TcpSegmentKind.Ack, reply);
        seconds = TcpTracker.SecondsAfter(flow, TcpSegmentKind.Ack, TcpState.Established, settings);
        return true;
    }

    /// <summary>True for ACK, with PSH or without, and no options but timestamps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryHeader(ReadOnlySpan<byte> segment, out int header)
    {
        header = PlainHeader;
        if (segment.Length < PlainHeader)
            return false;

        // SAFE: the fixed header is there.
        ref byte start = ref MemoryMarshal.GetReference(segment);
        if ((Unsafe.Add(ref start, 13) & ~(int)TcpFlags.Psh) != (int)TcpFlags.Ack)
            return false;
        byte offset = Unsafe.Add(ref start, 12);
        header = offset == PlainOffset ? PlainHeader : TimestampHeader;
        return offset == PlainOffset || (offset == TimestampOffset && segment.Length >= TimestampHeader && Word(ref start, PlainHeader) == TimestampOption);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Word(ref byte start, int offset)
    {
        uint word = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, offset));
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(word) : word;
    }
}
