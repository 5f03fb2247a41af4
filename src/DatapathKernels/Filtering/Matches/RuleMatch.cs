namespace DatapathKernels.Filtering;

/// <summary>
/// One test of a rule: a base selector (<c>-s</c>, <c>-p</c>, ...) or a match extension (<c>-m</c>). Immutable and compared by
/// value, so equal tests of many rules can be one object.
/// </summary>
public abstract record RuleMatch;
