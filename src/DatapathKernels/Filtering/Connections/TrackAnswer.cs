namespace DatapathKernels.Filtering;

/// <summary>What a protocol's tracker makes of a packet.</summary>
internal enum TrackAnswer : byte
{
    /// <summary>It belongs to the connection.</summary>
    Accepted,

    /// <summary>It is let through as the connection's, which does not change by it.</summary>
    Untouched,

    /// <summary>It does not belong to it.</summary>
    Invalid,

    /// <summary>It ends the connection at once.</summary>
    Gone,

    /// <summary>It starts the connection anew: forget the old one.</summary>
    Reopen,
}
