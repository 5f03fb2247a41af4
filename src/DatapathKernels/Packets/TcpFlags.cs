namespace DatapathKernels.Packets;

/// <summary>The control bits of a TCP header (RFC 9293, RFC 3168), as they stand in its fourteenth byte.</summary>
[Flags]
public enum TcpFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>No more data from the sender.</summary>
    Fin = 1,

    /// <summary>Synchronise sequence numbers.</summary>
    Syn = 2,

    /// <summary>Reset the connection.</summary>
    Rst = 4,

    /// <summary>Push.</summary>
    Psh = 8,

    /// <summary>The acknowledgment number counts.</summary>
    Ack = 16,

    /// <summary>The urgent pointer counts.</summary>
    Urg = 32,

    /// <summary>ECN echo.</summary>
    Ece = 64,

    /// <summary>Congestion window reduced.</summary>
    Cwr = 128,
}
