namespace DatapathKernels.Filtering.Nft;

/// <summary>Changes the packet's mark to <c>(mark &amp; And) ^ Xor</c>: <c>mark set mark or 0x4000</c> and its kin.</summary>
/// <param name="And">The bits that stay.</param>
/// <param name="Xor">The bits that turn.</param>
/// <param name="OfConnection">True for the connection's mark, <c>ct mark set</c>.</param>
public sealed record NftSetMark(uint And, uint Xor, bool OfConnection = false) : NftStatement;
