namespace DatapathKernels.Filtering;

/// <summary><c>-m length</c>: bytes of the datagram from the first of the IP header on.</summary>
/// <param name="Low">Fewest bytes.</param>
/// <param name="High">Most bytes.</param>
/// <param name="Negated">True for <c>! --length</c>.</param>
public sealed record LengthMatch(ushort Low, ushort High, bool Negated = false) : RuleMatch;
