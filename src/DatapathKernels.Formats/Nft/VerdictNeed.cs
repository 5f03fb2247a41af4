namespace DatapathKernels.Formats.Nft;

/// <summary>Whether an element is written with a verdict.</summary>
internal enum VerdictNeed
{
    /// <summary>In sets.</summary>
    Never,

    /// <summary>In maps.</summary>
    Must,

    /// <summary>Where elements of a map are deleted: the key says which.</summary>
    May,
}
