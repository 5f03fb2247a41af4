namespace DatapathKernels.Filtering;

/// <summary><c>[!] -s</c> and <c>[!] -d</c>.</summary>
/// <param name="Side">Which address of the packet.</param>
/// <param name="Network">The network it is compared with.</param>
/// <param name="Negated">True to match addresses outside.</param>
public sealed record AddressMatch(PacketSide Side, IpNetwork Network, bool Negated = false) : RuleMatch;
