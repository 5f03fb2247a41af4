namespace DatapathKernels.Filtering;

/// <summary>Kinds of TCP segments, as the rows of <see cref="TcpTransitions"/>.</summary>
internal enum TcpSegment : byte
{
    Syn,
    SynAck,
    Fin,
    Ack,
    Rst,
    None,
}
