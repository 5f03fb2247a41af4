namespace DatapathKernels.Filtering;

/// <summary><c>-m dscp</c>: the differentiated services code point (RFC 2474), the upper six bits of TOS or traffic class.</summary>
/// <param name="Value">The code point, 0 to 63.</param>
/// <param name="Negated">True for <c>! --dscp</c>.</param>
public sealed record DscpMatch(byte Value, bool Negated = false) : RuleMatch;
