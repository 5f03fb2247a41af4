using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// Eight usual segments (see <see cref="TcpData"/>) of eight different connections, followed in the lanes of vectors.
/// </summary>
/// <remarks>
/// One segment alone is some 190 instructions, most of them questions whose answer is no. In lanes all are asked of eight at once and nothing branches: a segment's own part is the sixteen
/// words of its connection, brought together as a matrix is transposed and taken apart again, and four of its header.
/// </remarks>
internal static unsafe class TcpLanes
{
    private const int ByteBits = 8, HalfBits = 16, HeaderShift = 28, WordShift = 2;

    private const uint NotClose = 0xc000_0000;

    private static Vector256<uint> LowHalf => Vector256.Create((uint)ushort.MaxValue);

    private static Vector256<uint> LowByte => Vector256.Create((uint)byte.MaxValue);

    /// <summary>Follows all eight.</summary>
    /// <param name="group">Where the segments and what is known of their connections are.</param>
    /// <param name="replies">All bits of a lane when the answering side sent its segment.</param>
    /// <param name="lengths">Bytes from the TCP headers to the ends of the datagrams, which all are there: a whole fixed header at least.</param>
    /// <param name="wanted">The bits of <see cref="Connection.Summary"/> that decide, and what they have to be.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="lifetimes">How long connections last.</param>
    /// <returns>False, and nothing changed, when one of them is another segment or of a connection that is over.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool TryFollow(TcpLaneGroup* group, Vector256<uint> replies, Vector256<uint> lengths, (uint Mask, uint Value) wanted, uint nowMs, in TcpLifetimes lifetimes)
    {
        FrameLanes.Gather(group->Segments, 4, out Vector256<uint> sequence, out Vector256<uint> ack, out Vector256<uint> kind, out _);
        (sequence, ack, kind) = (FrameLanes.Reverse(sequence), FrameLanes.Reverse(ack), FrameLanes.Reverse(kind));
        if (!AreUsual(group, kind, lengths))
            return false;
        FrameLanes.Gather(group->Flows, 0, out Vector256<uint> end0, out Vector256<uint> maxEnd0, out Vector256<uint> maxWindow0, out Vector256<uint> maxAck0);
        FrameLanes.Gather(group->Flows, 16, out Vector256<uint> known0, out Vector256<uint> end1, out Vector256<uint> maxEnd1, out Vector256<uint> maxWindow1);
        FrameLanes.Gather(group->Flows, 32, out Vector256<uint> maxAck1, out Vector256<uint> known1, out Vector256<uint> lastSequence, out Vector256<uint> lastAck);
        FrameLanes.Gather(group->Flows, 48, out Vector256<uint> lastEnd, out Vector256<uint> last, out Vector256<uint> expires, out Vector256<uint> summary);

        Vector256<uint> senderEnd = Select(replies, end1, end0), receiverEnd = Select(replies, end0, end1);
        Vector256<uint> senderMaxEnd = Select(replies, maxEnd1, maxEnd0), receiverMaxEnd = Select(replies, maxEnd0, maxEnd1);
        Vector256<uint> senderMaxWindow = Select(replies, maxWindow1, maxWindow0), receiverMaxWindow = Select(replies, maxWindow0, maxWindow1);
        Vector256<uint> senderMaxAck = Select(replies, maxAck1, maxAck0), receiverMaxAck = Select(replies, maxAck0, maxAck1);
        Vector256<uint> senderKnown = Select(replies, known1, known0), receiverKnown = Select(replies, known0, known1);
        Vector256<uint> end = sequence + lengths - (kind >>> HeaderShift << WordShift), window = kind & LowHalf;

        // What TcpWindows.FitsClosely asks: every distance is one of windows.
        Vector256<uint> far = (senderMaxEnd - sequence) | (receiverEnd - ack) | (end - senderEnd + receiverMaxWindow)
            | (ack - receiverEnd + Vector256.Max(senderMaxWindow, Vector256.Create(TcpWindows.LeastAckWindow))) | (senderMaxWindow - Vector256<uint>.One) | (receiverMaxWindow - Vector256<uint>.One);
        Vector256<uint> other = (far & Vector256.Create(NotClose)) | ((summary & Vector256.Create(wanted.Mask)) ^ Vector256.Create(wanted.Value))
            | ((last & LowByte) ^ Vector256.Create((uint)TcpState.Established));
        if (Vector256.LessThanOrEqualAny((expires - Vector256.Create(nowMs)).AsInt32(), Vector256<int>.Zero) || other != Vector256<uint>.Zero)
            return false;

        // What TcpWindows.Update does.
        Vector256<uint> scaled = Avx2.ShiftLeftLogicalVariable(window, senderKnown & LowByte), right = ack + scaled;
        senderMaxWindow = Vector256.Max(senderMaxWindow, scaled);
        Vector256<uint> news = IsAfter(end, senderEnd);
        senderEnd = Select(news, end, senderEnd);
        Vector256<uint> acked = IsAfter(ack, senderMaxAck) | Vector256.IsZero(senderKnown & Flag(TcpSideFlags.MaxAckSet));
        senderMaxAck = Select(acked, ack, senderMaxAck);
        senderKnown |= Flag(TcpSideFlags.MaxAckSet) | (news & Flag(TcpSideFlags.DataUnacknowledged));
        receiverMaxWindow += Vector256.Max((end - senderMaxEnd).AsInt32(), Vector256<int>.Zero).AsUInt32();
        receiverMaxEnd = Select(IsAfter(right, receiverMaxEnd - Vector256<uint>.One), right + (Vector256.IsZero(scaled) & Vector256<uint>.One), receiverMaxEnd);
        receiverKnown &= ~(Vector256.Equals(ack, receiverEnd) & Flag(TcpSideFlags.DataUnacknowledged));

        // What TcpWindows.CountRetransmissions does, and the last segment's kind.
        Vector256<uint> sender = replies & Vector256.Create(1u << HalfBits);
        Vector256<uint> differs = (lastSequence ^ sequence) | (lastAck ^ ack) | (lastEnd ^ end) | ((known0 >>> HalfBits) ^ window) | ((last & Vector256.Create((uint)byte.MaxValue << HalfBits)) ^ sender);
        Vector256<uint> again = Vector256.Min((last >>> (HalfBits + ByteBits)) + Vector256<uint>.One, LowByte) & Vector256.IsZero(differs);
        last = Vector256.Create((uint)TcpState.Established | ((uint)TcpSegmentKind.Ack << ByteBits)) | sender | (again << (HalfBits + ByteBits));
        expires = Vector256.Create(nowMs) + lifetimes.After(again, (senderKnown | receiverKnown) >>> ByteBits, window);

        known0 = (Select(replies, receiverKnown, senderKnown) & LowHalf) | (window << HalfBits);
        known1 = Select(replies, senderKnown, receiverKnown);
        Scatter(group->Flows, 0, Select(replies, receiverEnd, senderEnd), Select(replies, receiverMaxEnd, senderMaxEnd), Select(replies, receiverMaxWindow, senderMaxWindow), Select(replies, receiverMaxAck, senderMaxAck));
        Scatter(group->Flows, 16, known0, Select(replies, senderEnd, receiverEnd), Select(replies, senderMaxEnd, receiverMaxEnd), Select(replies, senderMaxWindow, receiverMaxWindow));
        Scatter(group->Flows, 32, Select(replies, senderMaxAck, receiverMaxAck), known1, sequence, ack);
        Scatter(group->Flows, 48, end, last, expires, summary);
        return true;
    }

    /// <summary>True when all are ACK, with PSH or without, and no options but timestamps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool AreUsual(TcpLaneGroup* group, Vector256<uint> kind, Vector256<uint> lengths)
    {
        kind &= Vector256.Create(TcpData.KindMask);
        Vector256<uint> usual = Vector256.Equals(kind, Vector256.Create(TcpData.PlainAck));
        if (usual == Vector256<uint>.AllBitsSet)
            return true;

        // SAFE: an arena ends in padding: the sixteen bytes behind a fixed header can be read however short the segment is
        FrameLanes.Gather(group->Segments, TcpData.PlainHeader, out Vector256<uint> option, out _, out _, out _);
        Vector256<int> whole = Vector256.GreaterThan(lengths.AsInt32(), Vector256.Create(TcpData.TimestampHeader - 1));
        usual |= Vector256.Equals(kind, Vector256.Create(TcpData.TimestampAck)) & Vector256.Equals(FrameLanes.Reverse(option), Vector256.Create(TcpData.TimestampOption)) & whole.AsUInt32();
        return usual == Vector256<uint>.AllBitsSet;
    }

    /// <summary>The reverse of <see cref="FrameLanes.Gather"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scatter(ulong* places, int offset, Vector256<uint> first, Vector256<uint> second, Vector256<uint> third, Vector256<uint> fourth)
    {
        Vector256<ulong> frontLow = Avx2.UnpackLow(first, second).AsUInt64(), frontHigh = Avx2.UnpackHigh(first, second).AsUInt64();
        Vector256<ulong> backLow = Avx2.UnpackLow(third, fourth).AsUInt64(), backHigh = Avx2.UnpackHigh(third, fourth).AsUInt64();
        StorePair(places, 0, offset, Avx2.UnpackLow(frontLow, backLow));
        StorePair(places, 1, offset, Avx2.UnpackHigh(frontLow, backLow));
        StorePair(places, 2, offset, Avx2.UnpackLow(frontHigh, backHigh));
        StorePair(places, 3, offset, Avx2.UnpackHigh(frontHigh, backHigh));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePair(ulong* places, int lane, int offset, Vector256<ulong> pair)
    {
        pair.GetLower().Store((ulong*)(places[lane] + (uint)offset));
        pair.GetUpper().Store((ulong*)(places[lane + (FrameLanes.Count / 2)] + (uint)offset));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Flag(TcpSideFlags flag) => Vector256.Create((uint)flag << ByteBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Select(Vector256<uint> mask, Vector256<uint> set, Vector256<uint> clear) => Vector256.ConditionalSelect(mask, set, clear);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> IsAfter(Vector256<uint> left, Vector256<uint> right) => Vector256.GreaterThan((left - right).AsInt32(), Vector256<int>.Zero).AsUInt32();
}
