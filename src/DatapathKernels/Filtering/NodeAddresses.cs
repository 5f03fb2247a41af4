using System.Runtime.CompilerServices;

namespace DatapathKernels.Filtering;

/// <summary>
/// The node's addresses, and what kind every other address is to it: what <c>addrtype</c> asks the kernel's routing.
/// Immutable; lookups allocate nothing.
/// </summary>
public sealed class NodeAddresses
{
    private static readonly UInt128 V6MulticastMask = UInt128.MaxValue << 120;

    private readonly AddressTable _localV4, _localV6, _broadcast;
    private readonly bool _loopback;

    /// <summary>Makes the set.</summary>
    /// <param name="local">The addresses of the node's interfaces; only single addresses (prefix 32 or 128) count.</param>
    /// <param name="broadcast">Broadcast addresses of its IPv4 networks; 255.255.255.255 is one without being named.</param>
    /// <param name="loopback">True when 127.0.0.0/8 and ::1 are local, as on every running node.</param>
    public NodeAddresses(IEnumerable<IpNetwork> local, IEnumerable<IpNetwork>? broadcast = null, bool loopback = true)
    {
        ArgumentNullException.ThrowIfNull(local);
        List<UInt128> v4 = [], v6 = [], broadcasts = [];
        foreach (IpNetwork address in local)
            (address.Family == IpFamily.V4 ? v4 : v6).Add(address.Address);
        foreach (IpNetwork address in broadcast ?? [])
            broadcasts.Add(address.Address);
        (_localV4, _localV6, _broadcast) = (new(v4), new(v6), new(broadcasts));
        _loopback = loopback;
    }

    /// <summary>A node with nothing but its loopback addresses.</summary>
    public static NodeAddresses LoopbackOnly { get; } = new([]);

    /// <summary>True when the IPv4 address (number form) is the node's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsLocalV4(uint address) => (_loopback && address >> 24 == 127) || _localV4.Contains(address);

    /// <summary>True when the IPv6 address (number form) is the node's.</summary>
    public bool IsLocalV6(UInt128 address) => (_loopback && address == UInt128.One) || _localV6.Contains(address);

    /// <summary>
    /// The kind of an IPv4 address, as <c>inet_dev_addr_type</c> decides it: zero network and limited broadcast, multicast,
    /// the local table, else unicast.
    /// </summary>
    public AddressTypes KindOfV4(uint address)
    {
        if (address == uint.MaxValue || address >> 24 == 0)
            return AddressTypes.Broadcast;
        if (address >> 28 == 14)
            return AddressTypes.Multicast;
        if (IsLocalV4(address))
            return AddressTypes.Local;
        return _broadcast.Contains(address) ? AddressTypes.Broadcast : AddressTypes.Unicast;
    }

    /// <summary>The kinds of an IPv6 address: a local unicast address is both local and unicast, as in <c>xt_addrtype</c>.</summary>
    public AddressTypes KindOfV6(UInt128 address)
    {
        if (address == UInt128.Zero)
            return AddressTypes.Unspecified;
        if ((address & V6MulticastMask) == V6MulticastMask)
            return AddressTypes.Multicast;
        return IsLocalV6(address) ? AddressTypes.Local | AddressTypes.Unicast : AddressTypes.Unicast;
    }
}
