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

    /// <summary>
    /// A translation to one of several addresses, by a hash of the packet's own as the kernel chooses (<c>find_best_ips_proto</c>): a client keeps its address towards one destination.
    /// Both families; the range is of the tuple's.
    /// </summary>
    /// <param name="addresses">The addresses.</param>
    /// <param name="tuple">The packet's tuple, before the translation.</param>
    /// <param name="destination">True when the destination is translated.</param>
    /// <param name="persistent">True when a client keeps its address towards all destinations (<c>--persistent</c>).</param>
    public static NatChoice Among(in NatAddressRange addresses, in FlowKeyV6 tuple, bool destination, bool persistent = false)
    {
        UInt128 chosen = NatAddressHash.Choose(
            IPv6Address.NumberOf(addresses.First), IPv6Address.NumberOf(addresses.Last), IPv6Address.NumberOf(tuple.Source), IPv6Address.NumberOf(tuple.Destination),
            !ConnectionKeys.IsV4(tuple), tuple.Zone, isSource: !destination, persistent);

        // Of IPv4 the lowest word was chosen: the others are those of ::ffff:0:0.
        IPv6Address address = IPv6Address.OfNumber(ConnectionKeys.IsV4(tuple) ? chosen | ((UInt128)ushort.MaxValue << 32) : chosen);
        return new NatChoice(true, address, default) { Addresses = destination ? default : addresses };
    }

    /// <summary>A translation to one address and port, host order.</summary>
    public static NatChoice To(in IPv6Address address, ushort port) => new(true, address, new NatPortRange(true, port, port));
}
