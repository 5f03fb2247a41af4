namespace DatapathKernels.Filtering;

/// <summary><c>-m icmp --icmp-type</c> and <c>-m icmp6 --icmpv6-type</c>. Never matches a fragment with an offset above zero.</summary>
/// <param name="Family">Which of the two extensions.</param>
/// <param name="Type">The type; null for any (<c>-m icmp</c> alone, or type 255 of IPv4).</param>
/// <param name="LowCode">First code.</param>
/// <param name="HighCode">Last code; 255 with a first code of 0 is every code.</param>
/// <param name="Negated">True for <c>! --icmp-type</c>.</param>
public sealed record IcmpMatch(IpFamily Family, byte? Type, byte LowCode = 0, byte HighCode = 255, bool Negated = false) : RuleMatch;
