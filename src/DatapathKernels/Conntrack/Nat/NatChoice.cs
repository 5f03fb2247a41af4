using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>What a rule or a balancer wants of a translation (<c>nf_nat_range2</c>).</summary>
/// <param name="HasAddress">False: the address stays.</param>
/// <param name="Address">The address; IPv4 as <c>::ffff:a.b.c.d</c>.</param>
/// <param name="Ports">The ports to choose from.</param>
/// <param name="IsRandom">A port is drawn although the packet's own would do (<c>--random</c>, <c>--random-fully</c>); a destination's only from a range.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct NatChoice(bool HasAddress, IPv6Address Address, NatPortRange Ports, bool IsRandom = false)
{
    /// <summary>
    /// Sources that are as good as <see cref="Address"/>: one of them stays, and a mapping into them is used again, before that address is taken.
    /// Not given for a translation to one address.
    /// </summary>
    public NatAddressRange Addresses { get; init; }

    /// <summary>A translation to one address, the port as it is.</summary>
    public static NatChoice To(in IPv6Address address) => new(true, address, default);

    /// <summary>A translation to one address and port, host order.</summary>
    public static NatChoice To(in IPv6Address address, ushort port) => new(true, address, new NatPortRange(true, port, port));
}
