namespace DatapathKernels.Filtering.Nft;

/// <summary>Asks a map for the verdict, for example <c>ip daddr . meta l4proto . th dport vmap @service-ips</c>. What is not in the map leaves the rule.</summary>
/// <param name="Key">The fields, joined by <c>.</c>.</param>
/// <param name="Map">The map.</param>
public sealed record NftVerdictMap(IReadOnlyList<NftField> Key, NftSetReference Map) : NftStatement;
