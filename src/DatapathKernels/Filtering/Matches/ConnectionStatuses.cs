namespace DatapathKernels.Filtering;

/// <summary>Status bits of a connection, with the kernel's values (<c>IPS_*</c>), as <c>--ctstatus</c> lists the first four.</summary>
[Flags]
public enum ConnectionStatuses : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Announced by another connection.</summary>
    Expected = 1,

    /// <summary>Packets were seen both ways.</summary>
    SeenReply = 2,

    /// <summary>Not to be evicted early.</summary>
    Assured = 4,

    /// <summary>Its first packet left the node.</summary>
    Confirmed = 8,

    /// <summary>The source is translated.</summary>
    SourceNat = 16,

    /// <summary>The destination is translated.</summary>
    DestinationNat = 32,
}
