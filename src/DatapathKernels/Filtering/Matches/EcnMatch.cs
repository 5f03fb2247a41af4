namespace DatapathKernels.Filtering;

/// <summary><c>-m ecn</c>: explicit congestion notification (RFC 3168) in the TCP and the IP header.</summary>
/// <param name="Cwr"><c>--ecn-tcp-cwr</c>: the flag must be set (true) or clear (false, <c>!</c>); null when absent.</param>
/// <param name="Ece"><c>--ecn-tcp-ece</c>, the same.</param>
/// <param name="CodePoint"><c>--ecn-ip-ect</c>: the two bits of the IP header, 0 to 3; null when absent.</param>
/// <param name="CodePointNegated">True for <c>! --ecn-ip-ect</c>.</param>
public sealed record EcnMatch(bool? Cwr, bool? Ece, byte? CodePoint, bool CodePointNegated = false) : RuleMatch;
