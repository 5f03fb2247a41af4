namespace DatapathKernels.Filtering;

/// <summary><c>-j DNAT</c>, <c>SNAT</c>, <c>MASQUERADE</c>, <c>REDIRECT</c>, <c>NETMAP</c>.</summary>
/// <param name="Kind">Which of them.</param>
/// <param name="Family">The family of the addresses.</param>
/// <param name="Low">First address, the number form of <see cref="IpNetwork"/>; null to keep the packet's (ports only). For NETMAP the first of the network.</param>
/// <param name="High">Last address; equal to the first for one address. For NETMAP the last of the network.</param>
/// <param name="Ports">The ports to choose from; null to keep the packet's.</param>
/// <param name="Flags"><c>--random</c>, <c>--random-fully</c>, <c>--persistent</c>.</param>
public sealed record NatTarget(NatKind Kind, IpFamily Family, UInt128? Low, UInt128? High, PortRange? Ports, NatFlags Flags = NatFlags.None) : RuleTarget
{
    /// <summary>
    /// The base of shifted ports (<c>DNAT --to-destination :first-last/base</c>): a packet to the base goes to the first port of the range, one to the port behind it to the second,
    /// and so on, round and round. Null for none.
    /// </summary>
    public ushort? PortBase { get; init; }
}
