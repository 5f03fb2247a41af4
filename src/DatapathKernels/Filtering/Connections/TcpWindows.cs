using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// The window check of <c>tcp_in_window</c>: a segment is of the connection when its data fits the receiver's window and what
/// it acknowledges was sent. All comparisons are modulo 2^32 (Rooij, "Real stateful TCP packet filtering").
/// </summary>
internal static class TcpWindows
{
    private const uint LeastAckWindow = 66000;

    public static TrackAnswer Check(Connection connection, bool reply, ReadOnlySpan<byte> segment, uint end)
    {
        ref TcpWindow sender = ref reply ? ref connection.ReplyWindow : ref connection.OriginalWindow;
        ref TcpWindow receiver = ref reply ? ref connection.OriginalWindow : ref connection.ReplyWindow;
        TcpFlags flags = (TcpFlags)segment[13];
        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(segment[4..]), ack = BinaryPrimitives.ReadUInt32BigEndian(segment[8..]);
        uint window = BinaryPrimitives.ReadUInt16BigEndian(segment[14..]);
        uint sack = receiver.OffersSack ? TcpWindow.SackOf(segment, ack) : ack;
        if (Begin(ref sender, ref receiver, connection.State, reply, segment, flags, end, sack))
            return TrackAnswer.Accepted;

        bool acknowledges = (flags & TcpFlags.Ack) != 0;
        if (!acknowledges || ((flags & TcpFlags.Rst) != 0 && ack == 0))
            ack = sack = receiver.End;
        if ((flags & TcpFlags.Rst) != 0 && sequence == 0 && connection.State == TcpState.SynSent)
            sequence = end = sender.End;
        TrackAnswer answer = Judge(ref sender, receiver, sequence, end, sack);
        if (answer != TrackAnswer.Accepted)
            return sender.IsLiberal ? TrackAnswer.Accepted : answer;
        if ((flags & TcpFlags.Syn) == 0)
            window <<= sender.Scale;
        Update(ref sender, ref receiver, acknowledges, end, ack, sack, window);
        return TrackAnswer.Accepted;
    }

    /// <summary>The first packet of a direction sets its numbers up. True when there is nothing to check then.</summary>
    private static bool Begin(ref TcpWindow sender, ref TcpWindow receiver, TcpState state, bool reply, ReadOnlySpan<byte> segment, TcpFlags flags, uint end, uint sack)
    {
        bool syn = (flags & TcpFlags.Syn) != 0, first = sender.MaxWindow == 0;
        if (syn && (first || (IsAfter(end, sender.End) && state is TcpState.SynSent or TcpState.SynRecv)))
        {
            sender.Open(segment, end);
            if (reply && !(sender.OffersScale && receiver.OffersScale))
                sender.Scale = receiver.Scale = 0;
            return (flags & TcpFlags.Ack) == 0 && (first || reply);
        }

        if (!first)
            return false;
        sender.End = end;
        sender.MaxWindow = Math.Max(1u, (uint)BinaryPrimitives.ReadUInt16BigEndian(segment[14..]) << sender.Scale);
        sender.MaxEnd = end + sender.MaxWindow;
        if (receiver.MaxWindow == 0)
            receiver.End = receiver.MaxEnd = sack;
        else if (sack == receiver.End + 1)
            receiver.End++;
        return false;
    }

    private static TrackAnswer Judge(ref TcpWindow sender, in TcpWindow receiver, uint sequence, uint end, uint sack)
    {
        bool ackKnown = !IsAfter(sack, receiver.End);
        bool ackRecent = IsAfter(sack, receiver.End - Math.Max(sender.MaxWindow, LeastAckWindow) - 1);
        bool recent = IsAfter(end, sender.End - receiver.MaxWindow - 1);
        if (IsAfter(sequence, sender.MaxEnd))
        {
            // More than the window allows, but so little more that the receiver may take it.
            if (receiver.MaxWindow == 0 || !recent || !ackRecent || !ackKnown || end - sender.MaxEnd + 1 > receiver.MaxWindow)
                return TrackAnswer.Invalid;
            sender.End = end;
            return TrackAnswer.Untouched;
        }

        if (!ackKnown)
            return TrackAnswer.Invalid;
        return (receiver.MaxWindow == 0 || recent) && ackRecent ? TrackAnswer.Accepted : TrackAnswer.Untouched;
    }

    private static void Update(ref TcpWindow sender, ref TcpWindow receiver, bool acknowledges, uint end, uint ack, uint sack, uint window)
    {
        sender.MaxWindow = Math.Max(sender.MaxWindow, window + (sack - ack));
        if (IsAfter(end, sender.End))
            sender.End = end;
        if (acknowledges && (!sender.HasMaxAck || IsAfter(ack, sender.MaxAck)))
            (sender.MaxAck, sender.HasMaxAck) = (ack, true);
        if (receiver.MaxWindow != 0 && IsAfter(end, sender.MaxEnd))
            receiver.MaxWindow += end - sender.MaxEnd;
        if (IsAfter(sack + window, receiver.MaxEnd - 1))
            receiver.MaxEnd = sack + window + (window == 0 ? 1u : 0);
    }

    private static bool IsAfter(uint left, uint right) => (int)(left - right) > 0;
}
