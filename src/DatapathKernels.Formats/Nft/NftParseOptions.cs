namespace DatapathKernels.Formats.Nft;

/// <summary>How a ruleset is read.</summary>
public sealed record NftParseOptions
{
    /// <summary>The names of the tables to read; those of other programs are passed over. Null is all.</summary>
    public IReadOnlyList<string>? Tables { get; init; }
}
