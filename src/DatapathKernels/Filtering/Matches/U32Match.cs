namespace DatapathKernels.Filtering;

/// <summary><c>-m u32</c>: tests on four bytes anywhere in the datagram.</summary>
/// <param name="Expression">The tests.</param>
/// <param name="Negated">True for <c>! --u32</c>.</param>
public sealed record U32Match(U32Expression Expression, bool Negated = false) : RuleMatch;
