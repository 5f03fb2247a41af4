using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// The transition table of <c>nf_conntrack_proto_tcp.c</c>: for each direction and kind of segment, what becomes of each state.
/// </summary>
public static class TcpTransitions
{
    private const int Kinds = 6, States = 10;

    private const byte No = (byte)TcpState.None, SS = (byte)TcpState.SynSent, SR = (byte)TcpState.SynRecv, Es = (byte)TcpState.Established,
        FW = (byte)TcpState.FinWait, CW = (byte)TcpState.CloseWait, LA = (byte)TcpState.LastAck, TW = (byte)TcpState.TimeWait,
        Cl = (byte)TcpState.Close, S2 = (byte)TcpState.SynSent2, Ig = (byte)TcpState.Ignore, In = (byte)TcpState.Invalid;

    // Columns: none, SYN_SENT, SYN_RECV, ESTABLISHED, FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT, CLOSE, SYN_SENT2.
    private static ReadOnlySpan<byte> Table =>
    [
        /* original syn    */ SS, SS, Ig, Ig, Ig, Ig, Ig, SS, SS, S2,
        /* original synack */ In, In, SR, In, In, In, In, In, In, SR,
        /* original fin    */ In, In, FW, FW, LA, LA, LA, TW, Cl, In,
        /* original ack    */ Es, In, Es, Es, CW, CW, TW, TW, Cl, In,
        /* original rst    */ In, Cl, Cl, Cl, Cl, Cl, Cl, Cl, Cl, Cl,
        /* original none   */ In, In, In, In, In, In, In, In, In, In,
        /* reply    syn    */ In, S2, In, In, In, In, In, SS, In, S2,
        /* reply    synack */ In, SR, Ig, Ig, Ig, Ig, Ig, Ig, Ig, SR,
        /* reply    fin    */ In, In, FW, FW, LA, LA, LA, TW, Cl, In,
        /* reply    ack    */ In, Ig, SR, Es, CW, CW, TW, TW, Cl, Ig,
        /* reply    rst    */ In, Cl, Cl, Cl, Cl, Cl, Cl, Cl, Cl, Cl,
        /* reply    none   */ In, In, In, In, In, In, In, In, In, In,
    ];

    /// <summary>Seconds each state lasts without a packet, by default.</summary>
    public static ReadOnlySpan<int> TimeoutSeconds => [0, 120, 60, 432000, 120, 60, 30, 120, 10, 120];

    /// <summary>What becomes of a state.</summary>
    /// <param name="reply">True when the connection's answering side sent the segment.</param>
    /// <param name="segment">Its kind.</param>
    /// <param name="state">The state before.</param>
    public static TcpState Next(bool reply, TcpSegmentKind segment, TcpState state) =>
        (TcpState)Table[((((reply ? Kinds : 0) + (int)segment) * States) + (int)state)];

    /// <summary>The kind of a segment: RST before SYN before FIN before ACK.</summary>
    public static TcpSegmentKind KindOf(TcpFlags flags)
    {
        if ((flags & TcpFlags.Rst) != 0)
            return TcpSegmentKind.Rst;
        if ((flags & TcpFlags.Syn) != 0)
            return (flags & TcpFlags.Ack) != 0 ? TcpSegmentKind.SynAck : TcpSegmentKind.Syn;
        if ((flags & TcpFlags.Fin) != 0)
            return TcpSegmentKind.Fin;
        return (flags & TcpFlags.Ack) != 0 ? TcpSegmentKind.Ack : TcpSegmentKind.None;
    }

    /// <summary>True for the combinations that conntrack looks at; PSH, ECE and CWR do not count. Any other is invalid.</summary>
    public static bool AreLegal(TcpFlags flags) =>
        (flags & (TcpFlags.Fin | TcpFlags.Syn | TcpFlags.Rst | TcpFlags.Ack | TcpFlags.Urg)) is TcpFlags.Syn
            or (TcpFlags.Syn | TcpFlags.Urg) or (TcpFlags.Syn | TcpFlags.Ack) or TcpFlags.Rst or (TcpFlags.Rst | TcpFlags.Ack)
            or (TcpFlags.Fin | TcpFlags.Ack) or (TcpFlags.Fin | TcpFlags.Ack | TcpFlags.Urg) or TcpFlags.Ack or (TcpFlags.Ack | TcpFlags.Urg);
}
