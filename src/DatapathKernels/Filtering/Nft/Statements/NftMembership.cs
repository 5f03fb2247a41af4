namespace DatapathKernels.Filtering.Nft;

/// <summary>Asks whether fields are a key of a set, for example <c>ip saddr @affinity-x</c>, <c>ip daddr { 10.0.0.0/16 }</c>.</summary>
/// <param name="Key">The fields, joined by <c>.</c>.</param>
/// <param name="Set">The set.</param>
/// <param name="Negated">True for <c>!=</c>.</param>
public sealed record NftMembership(IReadOnlyList<NftField> Key, NftSetReference Set, bool Negated = false) : NftStatement;
