namespace DatapathKernels.Filtering.Nft;

/// <summary>An element of a set or a map.</summary>
/// <param name="Key">One value for each field of the key.</param>
/// <param name="Verdict">What a map answers; null in a set.</param>
public sealed record NftElement(IReadOnlyList<NftValue> Key, NftVerdict? Verdict = null)
{
    /// <summary>Its comment; null for none.</summary>
    public string? Comment { get; init; }

    /// <summary>Milliseconds it lives from the matcher's time 0 on: <c>expires</c>, else <c>timeout</c>; null for ever, or for the set's own timeout.</summary>
    public long? TimeoutMs { get; init; }
}
