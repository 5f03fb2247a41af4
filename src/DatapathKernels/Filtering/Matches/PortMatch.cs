using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary><c>-m udp</c>, <c>-m sctp</c>, <c>-m dccp</c>, <c>-m udplite</c>: ports. Never matches a fragment with an offset above zero.</summary>
/// <param name="Protocol">The protocol of the extension.</param>
/// <param name="Source"><c>[!] --sport</c>.</param>
/// <param name="Destination"><c>[!] --dport</c>.</param>
public sealed record PortMatch(IpProtocol Protocol, PortTest Source, PortTest Destination) : RuleMatch;
