namespace DatapathKernels.Filtering;

/// <summary><c>-f</c>: fragments with an offset above zero; <c>! -f</c>: everything else. IPv4 only.</summary>
/// <param name="Negated">True for <c>! -f</c>.</param>
public sealed record FragmentMatch(bool Negated = false) : RuleMatch;
