namespace DatapathKernels.Filtering;

/// <summary><c>-m mark</c> and <c>-m connmark</c>: matches when <c>(mark &amp; mask) == value</c>.</summary>
/// <param name="OfConnection">True for <c>connmark</c>.</param>
/// <param name="Value">The value.</param>
/// <param name="Mask">The mask.</param>
/// <param name="Negated">True for <c>! --mark</c>.</param>
public sealed record MarkMatch(bool OfConnection, uint Value, uint Mask = uint.MaxValue, bool Negated = false) : RuleMatch;
