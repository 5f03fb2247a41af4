namespace DatapathKernels.Filtering.Nft;

/// <summary>A base chain where the kernel runs it.</summary>
/// <param name="Chain">Its number.</param>
/// <param name="Priority">When it runs: a nat chain runs where its hook's translation does, whatever its own priority.</param>
/// <param name="Order">Its own priority, which orders nat chains among themselves.</param>
/// <param name="IsNat">Asked for the first packet of a connection only.</param>
internal readonly record struct NftBaseChain(int Chain, int Priority, int Order, bool IsNat);
