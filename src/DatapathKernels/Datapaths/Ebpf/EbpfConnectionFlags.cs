namespace DatapathKernels.Datapaths;

/// <summary>What was seen of a connection.</summary>
[Flags]
internal enum EbpfConnectionFlags : byte
{
    None = 0,

    /// <summary>The opener sent a FIN or RST.</summary>
    OpenerClosing = 1,

    /// <summary>The answering side did.</summary>
    AnswererClosing = 2,

    /// <summary>Both did: the connection is over.</summary>
    BothClosing = OpenerClosing | AnswererClosing,

    /// <summary>A segment that is no SYN was seen.</summary>
    SeenNonSyn = 4,

    /// <summary>An answer was seen.</summary>
    SeenReply = 8,

    /// <summary>It was used since it came in, and is marked so.</summary>
    Used = 16,

    /// <summary>The policy allowed it, at or after the packet that <see cref="EbpfConnection.SeenSeconds"/> tells of.</summary>
    Allowed = 32,
}
