using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// The segment that nearly every segment is: data or an acknowledgment on an established connection, inside the window, without selective acknowledgments.
/// It is followed as <see cref="TcpTracker.Follow"/> follows it, by a tenth of its questions; eight of them by <see cref="TcpLanes"/>.
/// </summary>
internal static class TcpData
{
    public const int PlainHeader = 20, TimestampHeader = 32;

    // The word of data offset, flags and window, without PSH and the window: ACK, and a header of five words or of eight.
    public const uint KindMask = 0xfff7_0000, PlainAck = 0x5010_0000, TimestampAck = 0x8010_0000;

    // Two of padding, timestamps of ten bytes: the layout of RFC 7323, appendix A.
    public const uint TimestampOption = 0x0101_080a;

    /// <summary>Follows such a segment of a connection that is assured.</summary>
    /// <param name="flow">The connection; untouched when the answer is false.</param>
    /// <param name="side">1 when the answering side sent it, 0 when the opener did.</param>
    /// <param name="start">The TCP header.</param>
    /// <param name="length">Bytes from there to the end of the datagram, which all are there.</param>
    /// <param name="lifetimes">How long.</param>
    /// <param name="lifetimeMs">How long the connection lasts from now.</param>
    /// <returns>False for any other segment.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFollow(ref TcpFlow flow, int side, ref byte start, int length, in TcpLifetimes lifetimes, out uint lifetimeMs)
    {
        lifetimeMs = 0;
        if (length < PlainHeader || flow.State != TcpState.Established)
            return false;

        // SAFE: the fixed header is there, and behind it what HasTimestamp asks for
        uint kind = Word(ref start, 12), window = kind & 0xffff;
        if ((kind & KindMask) != PlainAck && !HasTimestamp(ref start, length, kind))
            return false;
        ref TcpSide sender = ref Unsafe.AddByteOffset(ref flow.Original, side * TcpFlow.ReplyOffset);
        ref TcpSide receiver = ref Unsafe.AddByteOffset(ref flow.Original, (side ^ 1) * TcpFlow.ReplyOffset);
        uint sequence = Word(ref start, 4), ack = Word(ref start, 8), end = sequence + (uint)length - (kind >> 28 << 2);
        if (!TcpWindows.FitsClosely(sender, receiver, sequence, end, ack))
            return false;
        TcpWindows.Update(ref sender, ref receiver, acknowledges: true, end, ack, ack, window << sender.Scale);
        TcpWindows.CountRetransmissions(ref flow, side != 0, sequence, ack, end, (ushort)window);
        flow.LastKind = TcpSegmentKind.Ack;
        lifetimeMs = lifetimes.After(flow, window);
        return true;
    }

    /// <summary>True for ACK, with PSH or without, and no options but timestamps.</summary>
    private static bool HasTimestamp(ref byte start, int length, uint kind) =>
        (kind & KindMask) == TimestampAck && length >= TimestampHeader && Word(ref start, PlainHeader) == TimestampOption;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Word(ref byte start, int offset)
    {
        uint word = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, offset));
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(word) : word;
    }
}
