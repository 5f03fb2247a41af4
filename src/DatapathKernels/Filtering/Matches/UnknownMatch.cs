namespace DatapathKernels.Filtering;

/// <summary>A match extension, or an option of one, that this library does not evaluate. Kept word for word.</summary>
/// <param name="Module">The name after <c>-m</c>.</param>
/// <param name="Options">Its options as they stood in the text, for example <c>! --physdev-is-in</c>; empty for none.</param>
public sealed record UnknownMatch(string Module, string Options) : RuleMatch;
