namespace DatapathKernels.Conntrack;

/// <summary>The states of an SCTP association as conntrack knows them (<c>nf_conntrack_sctp.h</c>), and the answer of its table that is none.</summary>
public enum SctpState : byte
{
    /// <summary>Nothing seen yet.</summary>
    None,

    /// <summary>CLOSED: closed, aborted, or an INIT that nobody answered.</summary>
    Closed,

    /// <summary>COOKIE_WAIT: the INIT ACK was seen.</summary>
    CookieWait,

    /// <summary>COOKIE_ECHOED: the COOKIE ECHO was seen.</summary>
    CookieEchoed,

    /// <summary>ESTABLISHED: the COOKIE ACK was seen, or the answer to a HEARTBEAT on another path.</summary>
    Established,

    /// <summary>SHUTDOWN_SENT: the opener's SHUTDOWN was seen.</summary>
    ShutdownSent,

    /// <summary>SHUTDOWN_RECD: the other side's SHUTDOWN was seen.</summary>
    ShutdownRecd,

    /// <summary>SHUTDOWN_ACK_SENT: the SHUTDOWN was acknowledged.</summary>
    ShutdownAckSent,

    /// <summary>HEARTBEAT_SENT: a HEARTBEAT between addresses that were not seen before.</summary>
    HeartbeatSent,

    /// <summary>Not a state: the packet is none of this association.</summary>
    Invalid,
}
