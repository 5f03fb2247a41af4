namespace DatapathKernels.Filtering;

/// <summary><c>-j DSCP</c>: the upper six bits of the TOS byte; those of ECN stay.</summary>
/// <param name="Value">0 to 63.</param>
public sealed record DscpTarget(byte Value) : RuleTarget;
