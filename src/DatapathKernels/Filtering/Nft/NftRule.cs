namespace DatapathKernels.Filtering.Nft;

/// <summary>A rule: statements from left to right, until one does not fit.</summary>
/// <param name="Statements">The statements.</param>
public sealed record NftRule(IReadOnlyList<NftStatement> Statements)
{
    /// <summary>Its comment; null for none.</summary>
    public string? Comment { get; init; }

    /// <summary>The line it was read from; 0 when it was not read.</summary>
    public int Line { get; init; }
}
