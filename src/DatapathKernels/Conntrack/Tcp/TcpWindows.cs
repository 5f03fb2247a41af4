using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// The window check of <c>tcp_in_window</c>: a segment is of the connection when its data fits the receiver's window and what
/// it acknowledges was sent. All comparisons are modulo 2^32 (Rooij, "Real stateful TCP packet filtering").
/// </summary>
internal static class TcpWindows
{
    internal const uint LeastAckWindow = 66000;

    public static FollowAnswer Check(ref TcpFlow flow, bool reply, in TcpHead head, ReadOnlySpan<byte> segment, TcpSettings settings)
    {
        ref TcpSide sender = ref TcpTracker.SideOf(ref flow, reply);
        ref TcpSide receiver = ref TcpTracker.SideOf(ref flow, !reply);
        uint sequence = head.Sequence, end = head.End, ack = head.Ack, sack = ack;
        if ((receiver.Flags & TcpSideFlags.SackPermitted) != 0)
            sack = TcpSide.SackOf(segment, ack);
        if (Begin(ref sender, ref receiver, flow.State, reply, segment, head, sack))
            return FollowAnswer.Accepted;

        if (!head.Has(TcpFlags.Ack) || (head.Has(TcpFlags.Rst) && ack == 0))
            ack = sack = receiver.End;
        if (head.Has(TcpFlags.Rst) && sequence == 0 && flow.State == TcpState.SynSent)
            sequence = end = sender.End;
        FollowAnswer answer = Judge(ref sender, receiver, sequence, end, sack);
        if (answer != FollowAnswer.Accepted)
            return (sender.Flags & TcpSideFlags.Liberal) != 0 || settings.BeLiberal ? FollowAnswer.Accepted : answer;

        uint window = head.Has(TcpFlags.Syn) ? head.Window : (uint)head.Window << sender.Scale;
        Update(ref sender, ref receiver, head.Has(TcpFlags.Ack), end, ack, sack, window);
        if (head.Kind == TcpSegmentKind.Ack)
            CountRetransmissions(ref flow, reply, sequence, ack, end, head.Window);
        return FollowAnswer.Accepted;
    }

    /// <summary>The first segment of a side sets its numbers up. True when there is nothing to check then.</summary>
    private static bool Begin(ref TcpSide sender, ref TcpSide receiver, TcpState state, bool reply, ReadOnlySpan<byte> segment, in TcpHead head, uint sack)
    {
        bool syn = head.Has(TcpFlags.Syn), first = sender.MaxWindow == 0;
        if (syn && (first || (IsAfter(head.End, sender.End) && state is TcpState.SynSent or TcpState.SynRecv)))
        {
            sender.Open(segment, head.End);
            if (reply && (sender.Flags & receiver.Flags & TcpSideFlags.WindowScale) == 0)
                sender.Scale = receiver.Scale = 0;
            return !head.Has(TcpFlags.Ack) && (first || reply);
        }

        if (!first)
            return false;
        sender.End = head.End;
        sender.MaxWindow = Math.Max(1u, (uint)head.Window << sender.Scale);
        sender.MaxEnd = head.End + sender.MaxWindow;
        if (receiver.MaxWindow == 0)
            receiver.End = receiver.MaxEnd = sack;
        else if (sack == receiver.End + 1)
            receiver.End++;
        return false;
    }

    private static FollowAnswer Judge(ref TcpSide sender, in TcpSide receiver, uint sequence, uint end, uint sack)
    {
        bool ackKnown = !IsAfter(sack, receiver.End);
        bool ackRecent = IsAfter(sack, receiver.End - Math.Max(sender.MaxWindow, LeastAckWindow) - 1);
        bool recent = receiver.MaxWindow == 0 || IsAfter(end, sender.End - receiver.MaxWindow - 1);
        if (IsAfter(sequence, sender.MaxEnd))
        {
            // More than the window allows, but so little more that the receiver may take it.
            if (!recent || !ackRecent || !ackKnown || end - sender.MaxEnd + 1 > receiver.MaxWindow)
                return FollowAnswer.Invalid;
            sender.End = end;
            sender.Flags |= TcpSideFlags.DataUnacknowledged;
            return FollowAnswer.Untouched;
        }

        if (!ackKnown)
            return FollowAnswer.Invalid;
        return recent && ackRecent ? FollowAnswer.Accepted : FollowAnswer.Untouched;
    }

    /// <summary>
    /// True for a segment that <see cref="Judge"/> accepts, without a selective acknowledgment, when both sides were seen and all numbers are close together: every distance is one of windows,
    /// 2^30 at most, so neither of its upper two bits is set; of one that is negative both are.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool FitsClosely(in TcpSide sender, in TcpSide receiver, uint sequence, uint end, uint ack)
    {
        uint senderWindow = sender.MaxWindow, receiverWindow = receiver.MaxWindow, receiverEnd = receiver.End;
        uint far = (sender.MaxEnd - sequence) | (receiverEnd - ack) | (end - sender.End + receiverWindow)
            | (ack - receiverEnd + Math.Max(senderWindow, LeastAckWindow)) | (senderWindow - 1) | (receiverWindow - 1);
        return (far & 0xc000_0000) == 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Update(ref TcpSide sender, ref TcpSide receiver, bool acknowledges, uint end, uint ack, uint sack, uint window)
    {
        // What stays as it is is not written: most segments change one or two of these.
        if (window + (sack - ack) > sender.MaxWindow)
            sender.MaxWindow = window + (sack - ack);
        if (IsAfter(end, sender.End))
        {
            sender.End = end;
            sender.Flags |= TcpSideFlags.DataUnacknowledged;
        }

        if (acknowledges && ((sender.Flags & TcpSideFlags.MaxAckSet) == 0 || IsAfter(ack, sender.MaxAck)))
        {
            sender.MaxAck = ack;
            sender.Flags |= TcpSideFlags.MaxAckSet;
        }

        if (receiver.MaxWindow != 0 && IsAfter(end, sender.MaxEnd))
            receiver.MaxWindow += end - sender.MaxEnd;
        if (IsAfter(sack + window, receiver.MaxEnd - 1))
            receiver.MaxEnd = sack + window + (window == 0 ? 1u : 0);
        if (ack == receiver.End && (receiver.Flags & TcpSideFlags.DataUnacknowledged) != 0)
            receiver.Flags &= ~TcpSideFlags.DataUnacknowledged;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void CountRetransmissions(ref TcpFlow flow, bool reply, uint sequence, uint ack, uint end, ushort window)
    {
        if (flow.LastWasReply == reply && flow.LastSequence == sequence && flow.LastAck == ack && flow.LastEnd == end && flow.LastWindow == window)
        {
            flow.Retransmitted = (byte)Math.Min(flow.Retransmitted + 1, byte.MaxValue);
            return;
        }

        flow.LastWasReply = reply;
        (flow.LastSequence, flow.LastAck, flow.LastEnd, flow.LastWindow) = (sequence, ack, end, window);
        flow.Retransmitted = 0;
    }

    private static bool IsAfter(uint left, uint right) => (int)(left - right) > 0;
}
