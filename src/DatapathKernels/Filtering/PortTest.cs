namespace DatapathKernels.Filtering;

/// <summary>A port range and whether it is negated, as <c>--sport</c> and <c>--dport</c> take them.</summary>
/// <param name="Range">The range.</param>
/// <param name="Negated">True for <c>! --dport</c>: matches when the port lies outside.</param>
public readonly record struct PortTest(PortRange Range, bool Negated = false)
{
    /// <summary>No test: every port passes.</summary>
    public static PortTest Any => new(PortRange.Any);

    /// <summary>True when every port passes.</summary>
    public bool IsAny => Range.IsAny && !Negated;
}
