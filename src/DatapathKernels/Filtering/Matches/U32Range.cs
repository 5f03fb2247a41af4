namespace DatapathKernels.Filtering;

/// <summary>Values from low to high, both included.</summary>
/// <param name="Low">Lowest value.</param>
/// <param name="High">Highest value.</param>
public readonly record struct U32Range(uint Low, uint High);
