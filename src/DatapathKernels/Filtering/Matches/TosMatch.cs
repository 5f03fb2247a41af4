namespace DatapathKernels.Filtering;

/// <summary><c>-m tos</c>: the whole byte of TOS (IPv4) or traffic class (IPv6) under a mask.</summary>
/// <param name="Value">What the masked byte must be.</param>
/// <param name="Mask">The bits looked at.</param>
/// <param name="Negated">True for <c>! --tos</c>.</param>
public sealed record TosMatch(byte Value, byte Mask, bool Negated = false) : RuleMatch;
