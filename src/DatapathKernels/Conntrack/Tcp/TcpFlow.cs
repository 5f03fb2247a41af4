using System.Runtime.InteropServices;

namespace DatapathKernels.Conntrack;

/// <summary>The TCP part of a connection (<c>struct ip_ct_tcp</c>): 56 bytes, without references.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TcpFlow
{
    /// <summary>The side that opened it.</summary>
    public TcpSide Original;

    /// <summary>The side that answers.</summary>
    public TcpSide Reply;

    /// <summary>Its state.</summary>
    public TcpState State;

    /// <summary>The kind of the last segment, which side sent it, and how often that one came again.</summary>
    internal TcpSegmentKind LastKind;
    internal bool LastWasReply;
    internal byte Retransmitted;

    /// <summary>Numbers of the last segment: of the last ACK that fit, or of one that was ignored.</summary>
    internal uint LastSequence, LastAck, LastEnd;
    internal ushort LastWindow;

    /// <summary>Options of the last ignored SYN.</summary>
    internal byte LastScale;
    internal TcpSideFlags LastFlags;

    /// <summary>How often the last segment was sent again.</summary>
    public readonly int Retransmissions => Retransmitted;
}
