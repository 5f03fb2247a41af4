namespace DatapathKernels.Filtering;

/// <summary>What a line of an <see cref="Explanation"/> tells.</summary>
public enum ExplanationKind : byte
{
    /// <summary>The packet as it came.</summary>
    Packet,

    /// <summary>One rule that did not match, and why.</summary>
    Differs,

    /// <summary>Several rules after one another that did not match, counted by why.</summary>
    ManyDiffer,

    /// <summary>A rule that matched, and what it did.</summary>
    Matches,

    /// <summary>The end of a chain: back to the caller, or the policy.</summary>
    ChainEnd,

    /// <summary>What becomes of the packet.</summary>
    Verdict,
}
