namespace DatapathKernels.Filtering;

/// <summary><c>-j DNAT</c>, <c>SNAT</c>, <c>MASQUERADE</c>, <c>REDIRECT</c>, <c>NETMAP</c>.</summary>
/// <param name="Kind">Which of them.</param>
/// <param name="Family">The family of the addresses.</param>
/// <param name="Low">First address, the number form of <see cref="IpNetwork"/>; null to keep the packet's (ports only). For NETMAP the first of the network.</param>
/// <param name="High">Last address; equal to the first for one address. For NETMAP the last of the network.</param>
/// <param name="Ports">The ports to choose from; null to keep the packet's.</param>
/// <param name="Flags"><c>--random</c>, <c>--random-fully</c>, <c>--persistent</c>.</param>
public sealed record NatTarget(NatKind Kind, IpFamily Family, UInt128? Low, UInt128? High, PortRange? Ports, NatFlags Flags = NatFlags.None) : RuleTarget;
