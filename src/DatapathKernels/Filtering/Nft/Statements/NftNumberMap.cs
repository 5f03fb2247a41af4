namespace DatapathKernels.Filtering.Nft;

/// <summary>Asks a map for the verdict of a number that is drawn or counted: <c>numgen random mod 2 vmap { 0 : goto a, 1 : goto b }</c>.</summary>
/// <param name="IsRandom">True for <c>random</c>, false for <c>inc</c>: 0, 1, … and round again.</param>
/// <param name="Modulus">How many numbers, at least 1.</param>
/// <param name="Offset">The first.</param>
/// <param name="Map">The map from numbers to verdicts.</param>
public sealed record NftNumberMap(bool IsRandom, uint Modulus, uint Offset, NftSetReference Map) : NftStatement;
