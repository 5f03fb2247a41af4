namespace DatapathKernels.Conntrack;

/// <summary>Kinds of TCP segments: the rows of <see cref="TcpTransitions"/>.</summary>
public enum TcpSegmentKind : byte
{
    /// <summary>SYN without ACK.</summary>
    Syn,

    /// <summary>SYN and ACK.</summary>
    SynAck,

    /// <summary>FIN.</summary>
    Fin,

    /// <summary>ACK alone.</summary>
    Ack,

    /// <summary>RST, whatever else is set.</summary>
    Rst,

    /// <summary>None of them.</summary>
    None,
}
