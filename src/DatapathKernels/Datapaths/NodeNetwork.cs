using System.Net;
using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Maps;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>
/// A node's place in the network, the same for every datapath on it: its addresses, where its routes lead, its tunnels
/// and its MTU. Change it between bursts only.
/// </summary>
public sealed class NodeNetwork : IDisposable
{
    private readonly RouteTableV4 _v4;
    private readonly RouteTableV6 _v6;
    private readonly List<RouteTarget> _hops = [];
    private readonly Dictionary<RouteTarget, int> _numbers = [];
    private NextHop[] _nextHops = new NextHop[16];
    private UdpTunnel?[] _tunnels = new UdpTunnel?[16];

    /// <summary>Makes a node without addresses and routes.</summary>
    /// <param name="mac">Its MAC address: the source of every frame it sends.</param>
    /// <param name="mtu">MTU of its link, bytes.</param>
    /// <param name="routes">Room for so many routes of each family.</param>
    /// <param name="blocks">Room for so many blocks of 256 IPv4 addresses that have routes longer than 24 bits, 1.25 KiB each.</param>
    public NodeNetwork(MacAddress mac, int mtu = 1500, int routes = 4096, int blocks = 4096)
    {
        (Mac, Mtu) = (mac, mtu);
        _v4 = new RouteTableV4(routes, blocks);
        _v6 = new RouteTableV6(routes);
    }

    /// <summary>The node's MAC address.</summary>
    public MacAddress Mac { get; }

    /// <summary>MTU of its link, bytes.</summary>
    public int Mtu { get; }

    /// <summary>The node's address that translations and answers come from, IPv4 and IPv6; IPv4 as <c>::ffff:a.b.c.d</c>, zero for none.</summary>
    public IPv6Address AddressV4 { get; private set; }

    /// <inheritdoc cref="AddressV4"/>
    public IPv6Address AddressV6 { get; private set; }

    /// <summary>Unpacks what comes through tunnels; null without them.</summary>
    public UdpTunnelReceiver? Receiver { get; set; }

    /// <summary>The interface that unpacked packets count as coming in by.</summary>
    public ushort TunnelInterface { get; set; }

    /// <summary>The interface of the link to other nodes and the world: what comes by it comes from outside. 0 where nothing is to be told apart.</summary>
    public ushort LinkInterface { get; set; }

    /// <summary>Next hops added so far; the first is the node itself.</summary>
    public int Hops => _hops.Count;

    /// <summary>Adds an address of the node itself. The first of a family is the one it speaks from.</summary>
    public void AddAddress(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        IPv6Address mapped = new(address.MapToIPv6().GetAddressBytes());
        if (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && AddressV4 == default)
            AddressV4 = mapped;
        else if (address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetwork && AddressV6 == default)
            AddressV6 = mapped;
        AddRoute(new IPNetwork(address, address.GetAddressBytes().Length * 8), new RouteTarget(RouteTargetKind.Host));
    }

    /// <summary>Adds a route, or replaces the one of that prefix.</summary>
    /// <returns>The next hop's number; an equal one is shared.</returns>
    /// <exception cref="InvalidOperationException">The table has no room left.</exception>
    public int AddRoute(IPNetwork network, RouteTarget hop)
    {
        ArgumentNullException.ThrowIfNull(hop);
        if (!_numbers.TryGetValue(hop, out int number))
        {
            number = _hops.Count;
            _hops.Add(hop);
            if (number == _nextHops.Length)
            {
                Array.Resize(ref _nextHops, 2 * number);
                Array.Resize(ref _tunnels, 2 * number);
            }

            _tunnels[number] = hop.Tunnel;
            _nextHops[number] = new NextHop(hop, Mac, Mtu);
            _numbers.Add(hop, number);
        }

        RouteTable table = network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? _v4 : _v6;
        MapError error = table.Insert(network, (uint)number);
        Version++;
        if (error != MapError.Ok)
            Throw.InvalidOperation($"the route to {network} was not taken: {error}");
        return number;
    }

    /// <summary>What a number stands for.</summary>
    public RouteTarget HopOf(int number) => _hops[number];

    /// <summary>Gives the memory of the routes back.</summary>
    public void Dispose()
    {
        _v4.Dispose();
        _v6.Dispose();
    }

    /// <summary>Changes whenever a route does: what was looked up before may lead elsewhere. Never 0.</summary>
    internal uint Version { get; private set; } = 1;

    /// <summary>What the packet path needs of a next hop.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref readonly NextHop NextHopOf(int number) => ref _nextHops[number];

    /// <summary>The tunnel to a next hop that has one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal UdpTunnel TunnelOf(int number) => _tunnels[number]!;

    /// <summary>The next hop towards an IPv4 address in network byte order; -1 without a route.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int RouteV4(uint addressBe) => _v4.TryLookup(addressBe, out uint hop) ? (int)hop : -1;

    /// <summary>True when packets of an interface were sent neither by a pod of the node nor by the node itself.</summary>
    internal bool IsOutside(ushort inInterface) => inInterface != 0 && (inInterface == LinkInterface || inInterface == TunnelInterface);

    /// <summary>The next hop towards the destination of a packet as it stands in the frame; -1 without a route.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Route(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        if ((info.Flags & PacketFlags.Ipv4) != 0)
            return RouteV4(Unsafe.ReadUnaligned<uint>(in frame[info.L3Offset + 16]));
        return _v6.TryLookup(new IPv6Address(frame[(info.L3Offset + 24)..]), out uint hop) ? (int)hop : -1;
    }
}
