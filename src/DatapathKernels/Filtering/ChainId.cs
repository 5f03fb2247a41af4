namespace DatapathKernels.Filtering;

/// <summary>A chain of a compiled ruleset; see <see cref="ChainMatcher.Find"/>.</summary>
/// <param name="Index">Its number, from 0.</param>
public readonly record struct ChainId(int Index);
