namespace DatapathKernels.Filtering.Nft;

/// <summary><c>reject</c>.</summary>
/// <param name="Kind">What the sender is told; null for the family's port unreachable.</param>
public sealed record NftReject(RejectKind? Kind = null) : NftStatement;
