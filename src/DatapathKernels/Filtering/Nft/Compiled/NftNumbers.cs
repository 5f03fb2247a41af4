namespace DatapathKernels.Filtering.Nft;

/// <summary>A <c>numgen ... vmap</c>: the verdict of each number, so that one step picks it.</summary>
/// <param name="IsRandom">Drawn, not counted.</param>
/// <param name="Verdicts">By number, from 0; 0 for numbers the map does not hold.</param>
internal sealed record NftNumbers(bool IsRandom, ulong[] Verdicts);
