namespace DatapathKernels.Conntrack;

/// <summary>The states of a TCP connection as conntrack knows them (<c>nf_conntrack_tcp.h</c>), and the two answers of its table that are none.</summary>
public enum TcpState : byte
{
    /// <summary>Nothing seen yet.</summary>
    None,

    /// <summary>SYN_SENT: the opener's SYN was seen.</summary>
    SynSent,

    /// <summary>SYN_RECV: the answer with SYN and ACK was seen.</summary>
    SynRecv,

    /// <summary>ESTABLISHED.</summary>
    Established,

    /// <summary>FIN_WAIT: one side's FIN was seen.</summary>
    FinWait,

    /// <summary>CLOSE_WAIT: that FIN was acknowledged.</summary>
    CloseWait,

    /// <summary>LAST_ACK: the other side's FIN was seen.</summary>
    LastAck,

    /// <summary>TIME_WAIT: that one was acknowledged too.</summary>
    TimeWait,

    /// <summary>CLOSE: reset.</summary>
    Close,

    /// <summary>SYN_SENT2: both sides opened at once.</summary>
    SynSent2,

    /// <summary>Not a state: the segment is let through and changes nothing.</summary>
    Ignore,

    /// <summary>Not a state: the segment is none of this connection.</summary>
    Invalid,
}
