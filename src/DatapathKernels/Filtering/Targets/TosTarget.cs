namespace DatapathKernels.Filtering;

/// <summary>
/// <c>-j TOS</c>: <c>tos = (tos &amp; ~mask) ^ value</c> on the whole byte (IPv6: the traffic class). Every spelling comes down
/// to this one, as with <see cref="MarkTarget"/>.
/// </summary>
/// <param name="Value">The bits exchanged.</param>
/// <param name="Mask">The bits cleared first.</param>
public sealed record TosTarget(byte Value, byte Mask) : RuleTarget;
