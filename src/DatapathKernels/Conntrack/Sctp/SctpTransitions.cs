using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// The transition table of <c>nf_conntrack_proto_sctp.c</c>: for each direction and kind of chunk, what becomes of each state. As of Linux
/// 6.4, which dropped the states DATA_SENT and HEARTBEAT_ACKED.
/// </summary>
public static class SctpTransitions
{
    private const int Kinds = 11, States = 9, NoKind = -1;

    private const byte CL = (byte)SctpState.Closed, CW = (byte)SctpState.CookieWait, CE = (byte)SctpState.CookieEchoed, ES = (byte)SctpState.Established,
        SS = (byte)SctpState.ShutdownSent, SR = (byte)SctpState.ShutdownRecd, SA = (byte)SctpState.ShutdownAckSent, HS = (byte)SctpState.HeartbeatSent,
        IV = (byte)SctpState.Invalid;

    // Columns: none, CLOSED, COOKIE_WAIT, COOKIE_ECHOED, ESTABLISHED, SHUTDOWN_SENT, SHUTDOWN_RECD, SHUTDOWN_ACK_SENT, HEARTBEAT_SENT.
    private static ReadOnlySpan<byte> Table =>
    [
        /* original init              */ CL, CL, CW, CE, ES, CL, CL, SA, CW,
        /* original init ack          */ CL, CL, CW, CE, ES, SS, SR, SA, CL,
        /* original abort             */ CL, CL, CL, CL, CL, CL, CL, CL, CL,
        /* original shutdown          */ CL, CL, CW, CE, SS, SS, SR, SA, CL,
        /* original shutdown ack      */ SA, CL, CW, CE, ES, SA, SA, SA, SA,
        /* original error             */ CL, CL, CW, CE, ES, SS, SR, SA, CL,
        /* original cookie echo       */ CL, CL, CE, CE, ES, SS, SR, SA, CL,
        /* original cookie ack        */ CL, CL, CW, ES, ES, SS, SR, SA, CL,
        /* original shutdown complete */ CL, CL, CW, CE, ES, SS, SR, CL, CL,
        /* original heartbeat         */ HS, CL, CW, CE, ES, SS, SR, SA, HS,
        /* original heartbeat ack     */ CL, CL, CW, CE, ES, SS, SR, SA, HS,
        /* reply    init              */ IV, CL, CW, CE, ES, SS, SR, SA, IV,
        /* reply    init ack          */ IV, CW, CW, CE, ES, SS, SR, SA, IV,
        /* reply    abort             */ IV, CL, CL, CL, CL, CL, CL, CL, IV,
        /* reply    shutdown          */ IV, CL, CW, CE, SR, SS, SR, SA, IV,
        /* reply    shutdown ack      */ IV, CL, CW, CE, ES, SA, SA, SA, IV,
        /* reply    error             */ IV, CL, CW, CL, ES, SS, SR, SA, IV,
        /* reply    cookie echo       */ IV, CL, CE, CE, ES, SS, SR, SA, IV,
        /* reply    cookie ack        */ IV, CL, CW, ES, ES, SS, SR, SA, IV,
        /* reply    shutdown complete */ IV, CL, CW, CE, ES, SS, SR, CL, IV,
        /* reply    heartbeat         */ IV, CL, CW, CE, ES, SS, SR, SA, HS,
        /* reply    heartbeat ack     */ IV, CL, CW, CE, ES, SS, SR, SA, ES,
    ];

    // Rows by chunk type; DATA, SACK, ECN and unknown types have none.
    private static ReadOnlySpan<sbyte> Rows => [NoKind, 0, 1, NoKind, 9, 10, 2, 3, 4, 5, 6, 7, NoKind, NoKind, 8];

    /// <summary>Seconds each state lasts without a packet, by default.</summary>
    public static ReadOnlySpan<int> TimeoutSeconds => [10, 10, 3, 3, 210, 3, 3, 3, 30];

    /// <summary>What becomes of a state. A chunk of any other type, such as DATA, leaves it.</summary>
    /// <param name="reply">True when the association's answering side sent the chunk.</param>
    /// <param name="chunk">Its type.</param>
    /// <param name="state">The state before.</param>
    public static SctpState Next(bool reply, SctpChunkType chunk, SctpState state)
    {
        int row = (int)chunk < Rows.Length ? Rows[(int)chunk] : NoKind;
        return row == NoKind ? state : (SctpState)Table[((((reply ? Kinds : 0) + row) * States) + (int)state)];
    }
}
