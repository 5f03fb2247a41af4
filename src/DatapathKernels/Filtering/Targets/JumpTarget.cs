namespace DatapathKernels.Filtering;

/// <summary><c>-j CHAIN</c> and <c>-g CHAIN</c>: a user chain of the same table.</summary>
/// <param name="Chain">Its name.</param>
/// <param name="IsGoto">True for <c>-g</c>: its end returns to the caller of this chain, not to this chain.</param>
public sealed record JumpTarget(string Chain, bool IsGoto = false) : RuleTarget;
