using System.Runtime.InteropServices;

namespace DatapathKernels.Conntrack;

/// <summary>
/// The TCP part of a connection (<c>struct ip_ct_tcp</c>): 56 bytes, without references, in words, so that eight connections can be followed in the lanes of vectors (see
/// <see cref="TcpLanes"/>).
/// <code>
///  0          18            20      38           40              44         48        52                                  56
///  | original | last window | reply | scale, flags of last SYN | last sequence, ack, end | state, kind, reply, retransmitted |
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct TcpFlow
{
    internal const int Bytes = 56, ReplyOffset = 20;

    /// <summary>The side that opened it.</summary>
    [FieldOffset(0)]
    public TcpSide Original;

    /// <summary>The side that answers.</summary>
    [FieldOffset(ReplyOffset)]
    public TcpSide Reply;

    /// <summary>Its state.</summary>
    [FieldOffset(52)]
    public TcpState State;

    /// <summary>The kind of the last segment, which side sent it, and how often that one came again.</summary>
    [FieldOffset(53)]
    internal TcpSegmentKind LastKind;

    [FieldOffset(54)]
    internal bool LastWasReply;

    [FieldOffset(55)]
    internal byte Retransmitted;

    /// <summary>Numbers of the last segment: of the last ACK that fit, or of one that was ignored.</summary>
    [FieldOffset(40)]
    internal uint LastSequence;

    [FieldOffset(44)]
    internal uint LastAck;

    [FieldOffset(48)]
    internal uint LastEnd;

    [FieldOffset(18)]
    internal ushort LastWindow;

    /// <summary>Options of the last ignored SYN.</summary>
    [FieldOffset(38)]
    internal byte LastScale;

    [FieldOffset(39)]
    internal TcpSideFlags LastFlags;

    /// <summary>How often the last segment was sent again.</summary>
    public readonly int Retransmissions => Retransmitted;
}
