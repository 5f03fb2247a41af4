namespace DatapathKernels.Filtering;

/// <summary>A target that this library does not carry out. Kept word for word.</summary>
/// <param name="Name">The name after <c>-j</c>.</param>
/// <param name="Options">Its options as they stood in the text; empty for none.</param>
public sealed record UnknownTarget(string Name, string Options) : RuleTarget;
