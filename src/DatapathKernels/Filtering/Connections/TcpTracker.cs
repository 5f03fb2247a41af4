using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// TCP as <c>nf_conntrack_tcp_packet</c> follows it: the transition table, its special cases, and the windows.
/// </summary>
internal static class TcpTracker
{
    /// <summary>Starts a connection with a segment. False when such a segment cannot.</summary>
    public static bool TryStart(Connection connection, ReadOnlySpan<byte> segment)
    {
        TcpFlags flags = (TcpFlags)segment[13];
        TcpState next = TcpTransitions.Next(reply: false, TcpTransitions.KindOf(flags), TcpState.None);
        if (next >= TcpState.Ignore)
            return false;
        if (next == TcpState.SynSent)
        {
            connection.OriginalWindow.Open(segment, EndOf(segment, flags));
            return true;
        }

        connection.OriginalWindow.PickUp(segment, EndOf(segment, flags));
        connection.ReplyWindow.OffersSack = connection.ReplyWindow.IsLiberal = true;
        return true;
    }

    /// <summary>Follows one segment.</summary>
    /// <param name="connection">Its connection.</param>
    /// <param name="reply">Its direction.</param>
    /// <param name="segment">From the TCP header to the end of the datagram.</param>
    /// <param name="nowMs">The time.</param>
    public static TrackAnswer Follow(Connection connection, bool reply, ReadOnlySpan<byte> segment, long nowMs)
    {
        TcpFlags flags = (TcpFlags)segment[13];
        TcpSegment kind = TcpTransitions.KindOf(flags);
        TcpState old = connection.State, next = TcpTransitions.Next(reply, kind, old);
        uint end = EndOf(segment, flags);
        uint ack = BinaryPrimitives.ReadUInt32BigEndian(segment[8..]);
        switch (next)
        {
            case TcpState.SynSent when old >= TcpState.TimeWait:
                // An old connection may be opened again once either side closed it, or this side reset it.
                if (connection.CloseBegun || (connection.LastWasReply == reply && connection.LastSegment == TcpSegment.Rst))
                    return TrackAnswer.Reopen;
                return Ignore(connection, reply, kind, end, segment);
            case TcpState.Ignore when kind == TcpSegment.SynAck && connection.LastSegment == TcpSegment.Syn
                && connection.LastWasReply != reply && ack == connection.IgnoredEnd:
                // The answer to a SYN that was let through unbelieved: it was right after all.
                (old, next) = (TcpState.SynSent, TcpState.SynRecv);
                Resynchronize(connection, reply);
                break;
            case TcpState.Ignore:
                return Ignore(connection, reply, kind, end, segment);
            case TcpState.Invalid:
                return TrackAnswer.Invalid;
            case TcpState.SynRecv when reply && kind == TcpSegment.Ack && old == TcpState.SynSent2:
                next = TcpState.Established;
                break;
            case TcpState.Close when kind == TcpSegment.Rst && !IsTimely(connection, reply, old, segment):
                return TrackAnswer.Invalid;
        }

        TrackAnswer window = TcpWindows.Check(connection, reply, segment, end);
        if (window != TrackAnswer.Accepted)
            return window;
        (connection.LastSegment, connection.LastWasReply) = (kind, reply);
        connection.State = next;
        connection.CloseBegun |= old != next && next == TcpState.FinWait;
        return Refresh(connection, kind, old, next, nowMs);
    }

    private static TrackAnswer Ignore(Connection connection, bool reply, TcpSegment kind, uint end, ReadOnlySpan<byte> segment)
    {
        (connection.LastSegment, connection.LastWasReply, connection.IgnoredEnd) = (kind, reply, end);
        connection.IgnoredWindow = Math.Max(1u, BinaryPrimitives.ReadUInt16BigEndian(segment[14..]));
        return TrackAnswer.Untouched;
    }

    /// <summary>The numbers of the SYN that was not believed, and none yet of the side that answers it.</summary>
    private static void Resynchronize(Connection connection, bool reply)
    {
        TcpWindow ignored = new() { End = connection.IgnoredEnd, MaxEnd = connection.IgnoredEnd, MaxWindow = connection.IgnoredWindow };
        (connection.OriginalWindow, connection.ReplyWindow) = reply ? (ignored, default(TcpWindow)) : (default(TcpWindow), ignored);
    }

    /// <summary>A reset from before what its receiver has acknowledged is none, unless the connection is closing anyway.</summary>
    private static bool IsTimely(Connection connection, bool reply, TcpState old, ReadOnlySpan<byte> segment)
    {
        TcpWindow receiver = reply ? connection.OriginalWindow : connection.ReplyWindow;
        if (!receiver.HasMaxAck || connection.LastSegment == TcpSegment.Syn || old >= TcpState.FinWait)
            return true;
        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(segment[4..]);
        bool established = old == TcpState.Established && (connection.Status & ConnectionStatuses.Assured) != 0;
        return (sequence == 0 && !established) || (int)(sequence - receiver.MaxAck) >= 0;
    }

    private static TrackAnswer Refresh(Connection connection, TcpSegment kind, TcpState old, TcpState next, long nowMs)
    {
        int seconds = TcpTransitions.TimeoutSeconds[(int)next];
        if (kind == TcpSegment.Rst)
            seconds = Math.Min(seconds, TcpTransitions.TimeoutSeconds[(int)TcpState.Close]);
        if (!connection.SeenReply)
        {
            if (kind == TcpSegment.Rst)
                return TrackAnswer.Gone;
            if (kind == TcpSegment.Syn && old == TcpState.SynSent)
                return TrackAnswer.Accepted;
            if (next == TcpState.Established)
                seconds = Math.Min(seconds, 300);
        }
        else if (next == TcpState.Established && old is TcpState.SynRecv or TcpState.Established)
        {
            connection.Status |= ConnectionStatuses.Assured;
        }

        connection.ExpiresMs = nowMs + (seconds * 1000L);
        return TrackAnswer.Accepted;
    }

    /// <summary>The sequence number behind the segment.</summary>
    private static uint EndOf(ReadOnlySpan<byte> segment, TcpFlags flags)
    {
        int payload = segment.Length - ((segment[12] >> 4) * 4);
        uint marks = ((flags & TcpFlags.Syn) != 0 ? 1u : 0) + ((flags & TcpFlags.Fin) != 0 ? 1u : 0);
        return BinaryPrimitives.ReadUInt32BigEndian(segment[4..]) + (uint)Math.Max(payload, 0) + marks;
    }
}
