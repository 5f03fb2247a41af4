namespace DatapathKernels.Filtering;

/// <summary>
/// <c>-j MARK</c>: <c>mark = (mark &amp; ~mask) ^ value</c>. Every spelling comes down to this one, as in the kernel:
/// <c>--set-mark v/m</c> is value v, mask v|m; <c>--or-mark b</c> is b/b; <c>--and-mark b</c> is 0/~b; <c>--xor-mark b</c> is b/0.
/// </summary>
/// <param name="Value">The bits exchanged.</param>
/// <param name="Mask">The bits cleared first.</param>
public sealed record MarkTarget(uint Value, uint Mask) : RuleTarget;
