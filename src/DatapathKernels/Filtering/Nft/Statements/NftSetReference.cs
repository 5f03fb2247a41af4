namespace DatapathKernels.Filtering.Nft;

/// <summary>Which set a statement asks: one of the table's by name, or one that stands in the rule.</summary>
/// <param name="Name">The name; null when <paramref name="Inline"/> is given.</param>
/// <param name="Inline">The set in the rule; null when <paramref name="Name"/> is given.</param>
public sealed record NftSetReference(string? Name, NftSet? Inline);
