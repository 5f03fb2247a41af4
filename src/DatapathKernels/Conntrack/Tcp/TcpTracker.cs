using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// TCP as Linux's <c>nf_conntrack_proto_tcp.c</c> follows it: which segments are of a connection, its states with all special
/// cases, its windows, how long it lasts.
/// </summary>
public static class TcpTracker
{
    private const int HeaderBytes = 20;

    /// <summary>
    /// True for a segment that can be of any connection: its header is whole and its flags are a legal set. Any other is INVALID whatever the state.
    /// </summary>
    /// <param name="segment">From the TCP header to the end of the datagram.</param>
    public static bool IsSound(ReadOnlySpan<byte> segment)
    {
        if (segment.Length < HeaderBytes)
            return false;
        int header = (segment[12] >> 4) * 4;
        return header >= HeaderBytes && header <= segment.Length && TcpTransitions.AreLegal((TcpFlags)segment[13]);
    }

    /// <summary>Makes a new connection of a segment. False when such a segment cannot open one; then nothing is known of it.</summary>
    /// <param name="flow">Receives the connection; <see cref="Follow"/> then takes the same segment.</param>
    /// <param name="segment">A sound segment.</param>
    /// <param name="settings">How strict.</param>
    public static bool TryStart(out TcpFlow flow, ReadOnlySpan<byte> segment, TcpSettings settings)
    {
        flow = new TcpFlow { LastKind = TcpSegmentKind.None };
        TcpFlags flags = (TcpFlags)segment[13];
        TcpState next = TcpTransitions.Next(reply: false, TcpTransitions.KindOf(flags), TcpState.None);
        if (next >= TcpState.Ignore)
            return false;
        if (next == TcpState.SynSent)
        {
            flow.Original.Open(segment, EndOf(segment, flags));
            return true;
        }

        if (!settings.Loose)
            return false;
        flow.Original.PickUp(segment, EndOf(segment, flags));
        flow.Original.Flags = flow.Reply.Flags = TcpSideFlags.SackPermitted | TcpSideFlags.Liberal;
        return true;
    }

    /// <summary>Follows one segment.</summary>
    /// <param name="flow">Its connection.</param>
    /// <param name="reply">True when the answering side sent it.</param>
    /// <param name="seenReply">True when a segment of the answering side was accepted before.</param>
    /// <param name="assured">Whether the connection is assured; set when it becomes so.</param>
    /// <param name="segment">A sound segment.</param>
    /// <param name="settings">How strict, and how long.</param>
    /// <param name="timeoutSeconds">How long it lasts from now, when the segment was <see cref="FollowAnswer.Accepted"/>.</param>
    public static FollowAnswer Follow(ref TcpFlow flow, bool reply, bool seenReply, ref bool assured, ReadOnlySpan<byte> segment, TcpSettings settings, out int timeoutSeconds)
    {
        timeoutSeconds = 0;
        TcpHead head = new(segment);
        TcpState old = flow.State, next = TcpTransitions.Next(reply, head.Kind, old);
        Step step = Judge(ref flow, reply, seenReply, assured, head, segment, settings, ref old, ref next);
        if (step == Step.CheckWindow)
        {
            FollowAnswer answer = TcpWindows.Check(ref flow, reply, head, segment, settings);
            if (answer != FollowAnswer.Accepted)
                return answer;
        }
        else if (step != Step.Accept)
        {
            return step switch { Step.Reopen => FollowAnswer.Reopen, Step.Refuse => FollowAnswer.Invalid, _ => FollowAnswer.Untouched };
        }

        flow.LastKind = head.Kind;
        flow.LastWasReply = reply;
        flow.State = next;
        if (old != next && next == TcpState.FinWait)
            SideOf(ref flow, reply).Flags |= TcpSideFlags.CloseInit;
        return Refresh(flow, head.Kind, old, next, seenReply, ref assured, settings, out timeoutSeconds);
    }

    internal static ref TcpSide SideOf(ref TcpFlow flow, bool reply) => ref reply ? ref flow.Reply : ref flow.Original;

    /// <summary>The sequence number behind a segment.</summary>
    internal static uint EndOf(ReadOnlySpan<byte> segment, TcpFlags flags)
    {
        int payload = segment.Length - ((segment[12] >> 4) * 4);
        uint marks = ((flags & TcpFlags.Syn) != 0 ? 1u : 0) + ((flags & TcpFlags.Fin) != 0 ? 1u : 0);
        return BinaryPrimitives.ReadUInt32BigEndian(segment[4..]) + (uint)Math.Max(payload, 0) + marks;
    }

    /// <summary>The special cases of the transition table, which may change what it says.</summary>
    private static Step Judge(ref TcpFlow flow, bool reply, bool seenReply, bool assured, in TcpHead head, ReadOnlySpan<byte> segment, TcpSettings settings, ref TcpState old, ref TcpState next)
    {
        switch (next)
        {
            case TcpState.SynSent when old >= TcpState.TimeWait:
                // An old connection may be opened again once either side closed it, or this side reset it.
                bool closed = ((flow.Original.Flags | flow.Reply.Flags) & TcpSideFlags.CloseInit) != 0;
                if (closed || (flow.LastWasReply == reply && flow.LastKind == TcpSegmentKind.Rst))
                    return Step.Reopen;
                return Ignore(ref flow, reply, head, segment, old, ref next);
            case TcpState.Ignore:
                Step step = Ignore(ref flow, reply, head, segment, old, ref next);
                if (step == Step.CheckWindow)
                    old = TcpState.SynSent;
                return step;
            case TcpState.Invalid:
                return Step.Refuse;
            case TcpState.TimeWait when old == TcpState.LastAck && head.Kind == TcpSegmentKind.Ack && flow.LastWasReply != reply
                && flow.LastKind == TcpSegmentKind.Syn && (flow.LastFlags & TcpSideFlags.ExpectChallengeAck) != 0:
                // The answer to a SYN that was let through, not to the FIN (RFC 5961).
                flow.LastFlags &= ~TcpSideFlags.ExpectChallengeAck;
                return Step.LetThrough;
            case TcpState.SynSent2:
                flow.LastFlags |= TcpSideFlags.SimultaneousOpen;
                break;
            case TcpState.SynRecv when reply && head.Kind == TcpSegmentKind.Ack && (flow.LastFlags & TcpSideFlags.SimultaneousOpen) != 0:
                next = TcpState.Established;
                break;
            case TcpState.Close when head.Kind == TcpSegmentKind.Rst:
                return JudgeReset(ref flow, reply, seenReply, assured, head, settings, old, ref next);
        }

        return Step.CheckWindow;
    }

    /// <summary>
    /// A segment that may show the real connection, of which we know another: what it says is remembered, to believe it when the other side does.
    /// </summary>
    private static Step Ignore(ref TcpFlow flow, bool reply, in TcpHead head, ReadOnlySpan<byte> segment, TcpState old, ref TcpState next)
    {
        if (head.Kind == TcpSegmentKind.SynAck && flow.LastKind == TcpSegmentKind.Syn && flow.LastWasReply != reply && head.Ack == flow.LastEnd)
        {
            flow.LastFlags &= ~TcpSideFlags.ExpectChallengeAck;
            SideOf(ref flow, flow.LastWasReply) = new TcpSide
            {
                End = flow.LastEnd,
                MaxEnd = flow.LastEnd,
                MaxWindow = Math.Max(1u, flow.LastWindow),
                MaxAck = SideOf(ref flow, flow.LastWasReply).MaxAck,
                Scale = flow.LastScale,
                Flags = flow.LastFlags,
            };
            SideOf(ref flow, reply) = default;
            next = TcpState.SynRecv;
            return Step.CheckWindow;
        }

        (flow.LastKind, flow.LastWasReply) = (head.Kind, reply);
        (flow.LastSequence, flow.LastEnd, flow.LastWindow) = (head.Sequence, head.End, head.Window);
        if (head.Kind == TcpSegmentKind.Syn && !reply)
        {
            TcpSide offered = default;
            offered.ReadOptions(segment);
            flow.LastScale = offered.Scale;
            flow.LastFlags = offered.Flags | (old == TcpState.LastAck ? TcpSideFlags.ExpectChallengeAck : 0);
        }

        // It may be a challenge to the SYN.
        if (old == TcpState.SynSent && head.Kind == TcpSegmentKind.Ack && reply)
            flow.LastAck = head.Ack;
        return Step.LetThrough;
    }

    private static Step JudgeReset(ref TcpFlow flow, bool reply, bool seenReply, bool assured, in TcpHead head, TcpSettings settings, TcpState old, ref TcpState next)
    {
        // A closing connection's numbers may be those of one before: its resets are not checked.
        if (old is TcpState.FinWait or TcpState.CloseWait or TcpState.LastAck or TcpState.TimeWait or TcpState.Close)
            return Step.Accept;
        TcpSide other = SideOf(ref flow, !reply);
        if ((other.Flags & TcpSideFlags.MaxAckSet) != 0 && flow.LastKind != TcpSegmentKind.Syn)
        {
            bool established = old == TcpState.Established && assured;
            if (head.Sequence == 0 && !established)
                return Step.CheckWindow;
            if ((int)(head.Sequence - other.MaxAck) < 0 && !settings.IgnoreInvalidReset)
                return Step.Refuse;
            if (!established || head.Sequence == other.MaxAck)
                return Step.CheckWindow;
            if (flow.LastKind == TcpSegmentKind.Ack && flow.LastWasReply == reply && head.Sequence == flow.LastEnd)
                return Step.CheckWindow;

            // Not exactly the next byte: the receiver may challenge it, so the connection may go on.
            next = old;
        }

        bool answersIgnored = ((seenReply && flow.LastKind == TcpSegmentKind.Syn) || (!assured && flow.LastKind == TcpSegmentKind.Ack)) && head.Ack == flow.LastEnd;
        bool answersChallenge = old == TcpState.SynSent && flow.LastKind == TcpSegmentKind.Ack && flow.LastWasReply && head.Sequence == flow.LastAck;
        return answersIgnored || answersChallenge ? Step.Accept : Step.CheckWindow;
    }

    /// <summary>How long a connection lasts after a segment, by its new state.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int SecondsAfter(in TcpFlow flow, TcpSegmentKind kind, TcpState next, TcpSettings settings)
    {
        int[] timeouts = settings.Timeouts;
        int seconds = timeouts[(int)next];
        if (flow.Retransmitted >= settings.MaxRetransmissions && seconds > settings.MaxRetransmissionsTimeout)
            return settings.MaxRetransmissionsTimeout;
        if (kind == TcpSegmentKind.Rst)
            return timeouts[(int)TcpState.Close];
        if (((flow.Original.Flags | flow.Reply.Flags) & TcpSideFlags.DataUnacknowledged) != 0 && seconds > settings.UnacknowledgedTimeout)
            return settings.UnacknowledgedTimeout;
        return flow.LastWindow == 0 && seconds > settings.MaxRetransmissionsTimeout ? settings.MaxRetransmissionsTimeout : seconds;
    }

    private static FollowAnswer Refresh(in TcpFlow flow, TcpSegmentKind kind, TcpState old, TcpState next, bool seenReply, ref bool assured, TcpSettings settings, out int seconds)
    {
        seconds = SecondsAfter(flow, kind, next, settings);
        if (!seenReply)
        {
            // A reset as the only answer: there is no such connection.
            if (kind == TcpSegmentKind.Rst)
                return FollowAnswer.Gone;
            if (kind == TcpSegmentKind.Syn && old == TcpState.SynSent)
                return FollowAnswer.Untouched;
            if (next == TcpState.Established)
                seconds = Math.Min(seconds, settings.UnacknowledgedTimeout);
        }
        else if (next == TcpState.Established && old is TcpState.SynRecv or TcpState.Established)
        {
            assured = true;
        }

        return FollowAnswer.Accepted;
    }

    /// <summary>How a segment goes on from the table's answer.</summary>
    private enum Step
    {
        CheckWindow,
        Accept,
        LetThrough,
        Refuse,
        Reopen,
    }
}
