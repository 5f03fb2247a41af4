namespace DatapathKernels.Filtering.Nft;

/// <summary><c>dnat to</c>, <c>snat to</c>, <c>masquerade</c>, <c>redirect</c>: ends the chain, accepting.</summary>
/// <param name="Target">The translation, in the words of iptables.</param>
public sealed record NftTranslation(NatTarget Target) : NftStatement;
