namespace DatapathKernels.Filtering;

/// <summary><c>-m ttl</c> (IPv4) and <c>-m hl</c> (IPv6): the time to live, or the hop limit.</summary>
/// <param name="Family">Which of the two extensions.</param>
/// <param name="Test">How it compares.</param>
/// <param name="Value">With what.</param>
/// <param name="Negated">True for <c>! --ttl-eq</c>; the other two have no negation.</param>
public sealed record TtlMatch(IpFamily Family, TtlTest Test, byte Value, bool Negated = false) : RuleMatch;
