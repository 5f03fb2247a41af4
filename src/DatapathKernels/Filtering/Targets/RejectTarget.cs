namespace DatapathKernels.Filtering;

/// <summary><c>-j REJECT --reject-with</c>.</summary>
/// <param name="Reject">What the sender is told.</param>
public sealed record RejectTarget(RejectKind Reject) : RuleTarget;
