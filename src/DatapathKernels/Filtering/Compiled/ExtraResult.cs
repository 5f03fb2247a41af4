namespace DatapathKernels.Filtering;

/// <summary>What the tests behind a rule's head said.</summary>
internal enum ExtraResult : byte
{
    Matches,
    Differs,

    /// <summary>A test is unknown: the walk ends and says so.</summary>
    Unknown,

    /// <summary>The kernel's hotdrop: the packet is dropped without a rule having matched.</summary>
    HotDrop,
}
