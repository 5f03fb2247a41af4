using System.Runtime.InteropServices;

namespace DatapathKernels.Conntrack;

/// <summary>The SCTP part of a connection (<c>struct ip_ct_sctp</c>): 16 bytes, without references.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SctpFlow
{
    /// <summary>The verification tag of the opener's packets, host order; 0 while it is not known.</summary>
    public uint OriginalTag;

    /// <summary>The verification tag of the answering side's packets.</summary>
    public uint ReplyTag;

    /// <summary>Its state.</summary>
    public SctpState State;

    /// <summary>Whether an INIT of each side was seen and no COOKIE ACK since: with both, two associations collide.</summary>
    internal bool OriginalInit, ReplyInit;

    /// <summary>A HEARTBEAT came with a strange tag, from that side: the other side's answer decides.</summary>
    internal bool HeartbeatFailed, FailedInReply;
}
