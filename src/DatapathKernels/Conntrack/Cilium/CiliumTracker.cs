using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// TCP as Cilium's <c>bpf/lib/conntrack.h</c> follows it: no states and no windows, only which sides closed. Every segment belongs to the connection of its tuple.
/// </summary>
/// <remarks>
/// One thing differs: Cilium keeps the two directions of a tuple apart, so a SYN of the answering side on a closing connection opens that one again and makes a second entry
/// besides; here there is no second.
/// </remarks>
public static class CiliumTracker
{
    private const int HeaderBytes = 20;

    /// <summary>True for a segment whose header is whole.</summary>
    /// <param name="segment">From the TCP header to the end of the datagram.</param>
    public static bool IsSound(ReadOnlySpan<byte> segment) => segment.Length >= HeaderBytes;

    /// <summary>A new connection; whatever its first segment, it counts as a SYN.</summary>
    /// <param name="settings">How long.</param>
    /// <param name="timeoutSeconds">How long it lasts from now.</param>
    public static CiliumFlow Start(CiliumSettings settings, out int timeoutSeconds)
    {
        timeoutSeconds = settings.TcpSynTimeout;
        return new CiliumFlow { OriginalSyn = true };
    }

    /// <summary>Follows one segment.</summary>
    /// <param name="flow">Its connection.</param>
    /// <param name="reply">True when the answering side sent it.</param>
    /// <param name="segment">A sound segment.</param>
    /// <param name="settings">How long.</param>
    /// <param name="timeoutSeconds">How long it lasts from now, when the segment was <see cref="FollowAnswer.Accepted"/>, or a SYN on a closing connection: <see cref="FollowAnswer.Renewed"/>.</param>
    public static FollowAnswer Follow(ref CiliumFlow flow, bool reply, ReadOnlySpan<byte> segment, CiliumSettings settings, out int timeoutSeconds)
    {
        TcpFlags flags = (TcpFlags)segment[13];
        bool syn = (flags & TcpFlags.Syn) != 0, closes = (flags & (TcpFlags.Rst | TcpFlags.Fin)) != 0;
        timeoutSeconds = 0;
        if (syn && !closes && (flow.OriginalClosing || flow.ReplyClosing))
        {
            // That other segments than SYNs were seen stays known, and with it the long lifetime.
            flow = new CiliumFlow { SeenNonSyn = flow.SeenNonSyn };
            timeoutSeconds = Refresh(ref flow, reply, syn, settings);
            return FollowAnswer.Renewed;
        }

        bool wasAlive = flow.IsAlive;
        if (wasAlive)
            timeoutSeconds = Refresh(ref flow, reply, syn, settings);
        if (!closes)
            return wasAlive ? FollowAnswer.Accepted : FollowAnswer.Untouched;
        Close(ref flow, reply, (flags & TcpFlags.Rst) != 0);
        if (!flow.IsAlive)
            timeoutSeconds = settings.TcpCloseTimeout;
        return FollowAnswer.Accepted;
    }

    private static int Refresh(ref CiliumFlow flow, bool reply, bool syn, CiliumSettings settings)
    {
        flow.SeenNonSyn |= !syn;
        flow.OriginalSyn |= syn && !reply;
        flow.ReplySyn |= syn && reply;
        return flow.SeenNonSyn ? settings.TcpTimeout : settings.TcpSynTimeout;
    }

    /// <summary>One side closes; a reset before both sides sent their SYN closes both.</summary>
    private static void Close(ref CiliumFlow flow, bool reply, bool reset)
    {
        bool both = reset && !(flow.OriginalSyn && flow.ReplySyn);
        flow.OriginalClosing |= both || !reply;
        flow.ReplyClosing |= both || reply;
    }
}
