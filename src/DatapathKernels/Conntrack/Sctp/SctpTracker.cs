using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// SCTP as Linux's <c>nf_conntrack_proto_sctp.c</c> follows it: which packets are of an association, by their verification tags (RFC 9260, section 8.5), its
/// states, how long it lasts. The checksum is the caller's affair.
/// </summary>
public static class SctpTracker
{
    // Chunks that check their tag themselves, or have none to check.
    private const ulong OwnTagRule = (1ul << (int)SctpChunkType.Init) | (1ul << (int)SctpChunkType.ShutdownComplete) | (1ul << (int)SctpChunkType.CookieEcho)
        | (1ul << (int)SctpChunkType.Abort) | (1ul << (int)SctpChunkType.ShutdownAck) | (1ul << (int)SctpChunkType.Heartbeat) | (1ul << (int)SctpChunkType.HeartbeatAck);

    // Out of the blue, these are answered by nobody (section 8.4).
    private const ulong OpensNothing = (1ul << (int)SctpChunkType.Abort) | (1ul << (int)SctpChunkType.ShutdownComplete) | (1ul << (int)SctpChunkType.CookieAck);

    /// <summary>True for a packet that can be of any association: a whole header and chunks that may stand together. Any other is INVALID whatever the state.</summary>
    /// <param name="packet">From the SCTP header to the end of the datagram.</param>
    public static bool IsSound(ReadOnlySpan<byte> packet) => SctpPacket.TryTypes(packet, out _);

    /// <summary>Makes a new association of a packet. False when such a packet cannot open one; then nothing is known of it.</summary>
    /// <param name="flow">Receives the association; <see cref="Follow"/> then takes the same packet.</param>
    /// <param name="packet">A sound packet.</param>
    public static bool TryStart(out SctpFlow flow, ReadOnlySpan<byte> packet)
    {
        flow = default;
        if (!SctpPacket.TryTypes(packet, out ulong types) || (types & OpensNothing) != 0)
            return false;
        SctpPacket chunks = new(packet);
        while (chunks.MoveNext())
        {
            if (SctpTransitions.Next(reply: false, chunks.Type, SctpState.None) is SctpState.None or SctpState.Invalid)
                return false;
            if (chunks.Type == SctpChunkType.Heartbeat)
                flow.OriginalTag = chunks.Tag;
            else if (chunks.Type != SctpChunkType.Init)
                flow.ReplyTag = chunks.Tag;
            else if (chunks.Tag != 0 || !chunks.TryInitTag(out flow.ReplyTag))
                return false;
        }

        return true;
    }

    /// <summary>Follows one packet, chunk by chunk. What the chunks before an invalid one changed stays changed.</summary>
    /// <param name="flow">Its association.</param>
    /// <param name="reply">True when the answering side sent it.</param>
    /// <param name="assured">Whether the association is assured; set when it becomes so: once established.</param>
    /// <param name="packet">A sound packet.</param>
    /// <param name="settings">How long.</param>
    /// <param name="timeoutSeconds">How long it lasts from now, when the packet was <see cref="FollowAnswer.Accepted"/>.</param>
    public static FollowAnswer Follow(ref SctpFlow flow, bool reply, ref bool assured, ReadOnlySpan<byte> packet, SctpSettings settings, out int timeoutSeconds)
    {
        timeoutSeconds = 0;
        if (!SctpPacket.TryTypes(packet, out ulong types))
            return FollowAnswer.Invalid;
        SctpPacket chunks = new(packet);
        if ((types & OwnTagRule) == 0 && chunks.Tag != TagOf(ref flow, reply))
            return FollowAnswer.Invalid;
        SctpState next = SctpState.None;
        bool untouched = false;
        while (chunks.MoveNext())
        {
            TagVerdict tag = CheckTag(ref flow, reply, chunks, (types & SctpPacket.Bit(SctpChunkType.Data)) != 0 || untouched);
            if (tag == TagVerdict.Wrong)
                return FollowAnswer.Invalid;
            untouched |= tag == TagVerdict.Doubtful;
            if (tag == TagVerdict.Doubtful)
                continue;
            SctpState old = flow.State;
            next = SctpTransitions.Next(reply, chunks.Type, old);
            if (next == SctpState.Invalid || !TryLearnTag(ref flow, reply, chunks))
                return FollowAnswer.Invalid;

            // An INIT sent again renews nothing: else ports used again would keep the association, and its translation, for ever.
            untouched |= chunks.Type == SctpChunkType.Init && old == SctpState.Closed && next == SctpState.Closed;
            flow.State = next;
            assured |= old != next && next == SctpState.Established;
        }

        timeoutSeconds = settings.Timeouts[(int)next];
        return untouched ? FollowAnswer.Untouched : FollowAnswer.Accepted;
    }

    private static TagVerdict CheckTag(ref SctpFlow flow, bool reply, in SctpPacket chunk, bool strict)
    {
        bool fits = chunk.Tag == TagOf(ref flow, reply);
        switch (chunk.Type)
        {
            case SctpChunkType.Init:
                return chunk.Tag == 0 ? TagVerdict.Right : TagVerdict.Wrong;
            case SctpChunkType.Abort or SctpChunkType.ShutdownComplete:
                return chunk.Tag == TagOf(ref flow, reply != chunk.HasPeersTag) ? TagVerdict.Right : TagVerdict.Wrong;
            case SctpChunkType.CookieEcho:
                return fits ? TagVerdict.Right : TagVerdict.Wrong;
            case SctpChunkType.CookieAck:
                flow.OriginalInit = flow.ReplyInit = false;
                return TagVerdict.Right;
            case SctpChunkType.Heartbeat or SctpChunkType.HeartbeatAck:
                return CheckHeartbeat(ref flow, reply, chunk, fits, strict);
            default:
                return TagVerdict.Right;
        }
    }

    /// <summary>
    /// A path is known by its heartbeats only: the first tag is believed. Another tag may be that of a new association: it is, when the other side answers with one that is new too.
    /// </summary>
    private static TagVerdict CheckHeartbeat(ref SctpFlow flow, bool reply, in SctpPacket chunk, bool fits, bool strict)
    {
        ref uint tag = ref TagOf(ref flow, reply);
        if (tag == 0 || fits)
        {
            flow.HeartbeatFailed &= tag == 0;
            tag = chunk.Tag;
            return TagVerdict.Right;
        }

        if (strict)
            return TagVerdict.Wrong;
        if (chunk.Type == SctpChunkType.Heartbeat)
        {
            (flow.HeartbeatFailed, flow.FailedInReply) = (true, reply);
            return TagVerdict.Doubtful;
        }

        if (!flow.HeartbeatFailed || flow.FailedInReply == reply)
            return TagVerdict.Wrong;
        flow.HeartbeatFailed = false;
        tag = chunk.Tag;
        TagOf(ref flow, !reply) = 0;
        return TagVerdict.Right;
    }

    /// <summary>An INIT and an INIT ACK name the tag of the other side's packets. False when they are cut, or contradict what is known.</summary>
    private static bool TryLearnTag(ref SctpFlow flow, bool reply, in SctpPacket chunk)
    {
        if (chunk.Type is not (SctpChunkType.Init or SctpChunkType.InitAck))
            return true;
        if (!chunk.TryInitTag(out uint named))
            return false;
        ref uint tag = ref TagOf(ref flow, !reply);
        ref bool mine = ref InitOf(ref flow, reply), others = ref InitOf(ref flow, !reply);
        if (chunk.Type == SctpChunkType.Init)
        {
            others &= !mine;
            mine = true;
        }
        else if ((!others && tag != 0 && tag != named) || (mine && others && tag != named))
        {
            return false;
        }

        tag = named;
        return true;
    }

    private static ref uint TagOf(ref SctpFlow flow, bool reply) => ref reply ? ref flow.ReplyTag : ref flow.OriginalTag;

    private static ref bool InitOf(ref SctpFlow flow, bool reply) => ref reply ? ref flow.ReplyInit : ref flow.OriginalInit;

    private enum TagVerdict : byte
    {
        Right,
        Wrong,
        Doubtful,
    }
}
