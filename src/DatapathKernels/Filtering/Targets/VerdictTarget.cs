namespace DatapathKernels.Filtering;

/// <summary><c>-j ACCEPT</c>, <c>-j DROP</c>, <c>-j RETURN</c>.</summary>
/// <param name="Verdict">Which of them.</param>
public sealed record VerdictTarget(RuleVerdict Verdict) : RuleTarget;
