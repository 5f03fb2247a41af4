using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary><c>[!] -p</c>; for IPv6 the upper-layer protocol after extension headers. <c>-p all</c> is no match at all.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Negated">True to match every other protocol.</param>
public sealed record ProtocolMatch(IpProtocol Protocol, bool Negated = false) : RuleMatch;
