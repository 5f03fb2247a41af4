namespace DatapathKernels.Filtering.Nft;

/// <summary>The flags of sets and maps.</summary>
[Flags]
public enum NftSetFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>constant</c>: its elements do not change.</summary>
    Constant = 1,

    /// <summary><c>interval</c>: elements may be ranges.</summary>
    Interval = 2,

    /// <summary><c>timeout</c>: elements may expire.</summary>
    Timeout = 4,

    /// <summary><c>dynamic</c>: rules add elements.</summary>
    Dynamic = 8,
}
