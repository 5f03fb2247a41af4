namespace DatapathKernels.Filtering.Nft;

/// <summary><c>counter</c>: counts packets that come so far in the rule.</summary>
/// <param name="Packets">Packets counted before.</param>
/// <param name="Bytes">Bytes counted before.</param>
public sealed record NftCounter(ulong Packets, ulong Bytes) : NftStatement;
