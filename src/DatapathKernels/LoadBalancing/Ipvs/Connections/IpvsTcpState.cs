namespace DatapathKernels.LoadBalancing;

/// <summary>TCP states as IPVS keeps them, in the kernel's order (<c>IP_VS_TCP_S_*</c>).</summary>
public enum IpvsTcpState : byte
{
    /// <summary>Nothing seen yet.</summary>
    None,

    /// <summary>ESTABLISHED.</summary>
    Established,

    /// <summary>SYN_SENT: the server opens towards the client.</summary>
    SynSent,

    /// <summary>SYN_RECV: the client's SYN was seen.</summary>
    SynReceived,

    /// <summary>FIN_WAIT.</summary>
    FinWait,

    /// <summary>TIME_WAIT.</summary>
    TimeWait,

    /// <summary>CLOSE.</summary>
    Close,

    /// <summary>CLOSE_WAIT.</summary>
    CloseWait,

    /// <summary>LAST_ACK.</summary>
    LastAck,

    /// <summary>LISTEN.</summary>
    Listen,

    /// <summary>SYNACK, of the secure_tcp defence.</summary>
    SynAck,
}
