namespace DatapathKernels.Filtering;

/// <summary>The states of a TCP connection as conntrack knows them, and the two answers of its table that are none.</summary>
internal enum TcpState : byte
{
    None,
    SynSent,
    SynRecv,
    Established,
    FinWait,
    CloseWait,
    LastAck,
    TimeWait,
    Close,
    SynSent2,

    /// <summary>Let through, the connection stays as it is.</summary>
    Ignore,

    /// <summary>No packet of this connection.</summary>
    Invalid,
}
