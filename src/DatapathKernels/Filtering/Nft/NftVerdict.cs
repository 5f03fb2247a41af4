namespace DatapathKernels.Filtering.Nft;

/// <summary>A verdict as rules and verdict maps have them.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Chain">The chain of <c>jump</c> and <c>goto</c>, in the same table; null for the others.</param>
public sealed record NftVerdict(NftVerdictKind Kind, string? Chain = null);
