using System.Net;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Where things are in an overlay: pod prefixes and MAC addresses behind remotes, and the networks that are here. What Linux spreads
/// over routes, neighbours and a forwarding database, as Flannel, Calico and Cilium fill them, is three lookups here.
/// </summary>
/// <remarks>
/// A remote is a number, from 0 up in the order of <see cref="AddRemote"/>: keep a <see cref="UdpTunnel"/> or <see cref="IpTunnel"/> for
/// each in an array. One thread writes; others may look up meanwhile.
/// </remarks>
public sealed class VtepTable : IDisposable
{
    private readonly VtepRemote[] _remotes;
    private readonly RouteTableV4 _v4;
    private readonly RouteTableV6 _v6;
    private readonly FlowMap<RawKey<VtepMac>, uint> _macs;
    private readonly FlowMap<RawKey<uint>, uint> _networks;
    private readonly bool _learns;
    private int _remoteCount;

    /// <summary>Makes an empty table.</summary>
    /// <param name="options">How much it holds.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such capacity.</exception>
    public VtepTable(VtepTableOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Remotes is < 1 or > 1 << 20)
            Throw.OutOfRange(nameof(options), options.Remotes, "1 to 2^20 remotes");
        _remotes = new VtepRemote[options.Remotes];
        _v4 = new RouteTableV4(options.Prefixes);
        _v6 = new RouteTableV6(options.Prefixes);
        _macs = new(options.Macs);
        _networks = new(options.Networks);
        _learns = options.Learns;
    }

    /// <summary>Remotes in it.</summary>
    public int RemoteCount => Volatile.Read(ref _remoteCount);

    /// <summary>Bytes of native memory.</summary>
    public long MemoryBytes => _v4.MemoryBytes + _v6.MemoryBytes + _macs.MemoryBytes + _networks.MemoryBytes;

    /// <summary>A remote.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such remote.</exception>
    public VtepRemote this[uint remote]
    {
        get
        {
            if (remote >= (uint)RemoteCount)
                Throw.OutOfRange(nameof(remote), remote, $"the table has {RemoteCount} remotes");
            return _remotes[remote];
        }
    }

    /// <summary>Adds a remote.</summary>
    /// <returns>Ok, or NoSpace.</returns>
    public MapError AddRemote(in VtepRemote remote, out uint number)
    {
        number = (uint)_remoteCount;
        if (_remoteCount == _remotes.Length)
            return MapError.NoSpace;
        _remotes[_remoteCount] = remote;
        Volatile.Write(ref _remoteCount, _remoteCount + 1);
        return MapError.Ok;
    }

    /// <summary>Says that the addresses of a prefix are behind a remote; said again, they move.</summary>
    /// <returns>Ok; NotFound for an unknown remote; NoSpace.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public MapError SetPrefix(IPNetwork prefix, uint remote) => IsRemote(remote) ? TableOf(prefix).Insert(prefix, remote) : MapError.NotFound;

    /// <summary>Forgets a prefix.</summary>
    /// <returns>Ok, or NotFound.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public MapError RemovePrefix(IPNetwork prefix) => TableOf(prefix).Delete(prefix);

    /// <summary>Says that a MAC address of a network is behind a remote; said again, it moves.</summary>
    /// <returns>Ok; NotFound for an unknown remote; Invalid for a group address; NoSpace.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public MapError SetMac(uint vni, MacAddress mac, uint remote)
    {
        if (!IsRemote(remote))
            return MapError.NotFound;
        return mac.IsMulticast || vni > VxlanHeader.MaxVni ? MapError.Invalid : _macs.Update(new(new VtepMac(vni, mac)), remote);
    }

    /// <summary>Forgets a MAC address.</summary>
    /// <returns>Ok, or NotFound.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public MapError RemoveMac(uint vni, MacAddress mac) => _macs.Delete(new(new VtepMac(vni, mac)));

    /// <summary>Learns from a frame that came out of a tunnel where its sender is, when the table is to learn at all.</summary>
    /// <param name="vni">The network it came in.</param>
    /// <param name="frame">The inner frame.</param>
    /// <param name="remote">Where the outer packet came from.</param>
    /// <returns>True when the address is known there now.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool Learn(uint vni, ReadOnlySpan<byte> frame, uint remote) =>
        _learns && EthernetHeader.TryParse(frame, out EthernetHeader header) == ParseStatus.Ok && SetMac(vni, header.Source, remote) == MapError.Ok;

    /// <summary>Says that a network is here, and by what number of the caller's.</summary>
    /// <returns>Ok; Invalid for more than 24 bits; NoSpace.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public MapError SetNetwork(uint vni, uint network) => vni > VxlanHeader.MaxVni ? MapError.Invalid : _networks.Update(new(vni), network);

    /// <summary>Forgets a network.</summary>
    /// <returns>Ok, or NotFound.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public MapError RemoveNetwork(uint vni) => _networks.Delete(new(vni));

    /// <summary>The remote an IPv4 address is behind.</summary>
    /// <param name="addressBe">The address, network byte order.</param>
    /// <param name="remote">Its number.</param>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool TryFind(uint addressBe, out uint remote) => _v4.TryLookup(addressBe, out remote);

    /// <summary>The remote an IPv6 address is behind.</summary>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool TryFind(in IPv6Address address, out uint remote) => _v6.TryLookup(address, out remote);

    /// <summary>The remote a MAC address is behind.</summary>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool TryFindMac(uint vni, MacAddress mac, out uint remote) => _macs.Lookup(new(new VtepMac(vni, mac)), out remote) == MapError.Ok;

    /// <summary>The number of a network that is here.</summary>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool TryFindNetwork(uint vni, out uint network) => _networks.Lookup(new(vni), out network) == MapError.Ok;

    /// <summary>Looks up every IPv4 address: the same as one by one.</summary>
    /// <param name="addressesBe">The addresses, network byte order.</param>
    /// <param name="remotes">Receives one number an address; <see cref="RouteTable.NoRoute"/> where it is behind none.</param>
    /// <exception cref="ArgumentException">Fewer places than addresses.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public void FindBurst(ReadOnlySpan<uint> addressesBe, Span<uint> remotes) => _v4.LookupBurst(addressesBe, remotes);

    /// <summary>Looks up every IPv6 address: the same as one by one.</summary>
    /// <param name="addresses">The addresses.</param>
    /// <param name="remotes">Receives one number an address; <see cref="RouteTable.NoRoute"/> where it is behind none.</param>
    /// <exception cref="ArgumentException">Fewer places than addresses.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public void FindBurst(ReadOnlySpan<IPv6Address> addresses, Span<uint> remotes) => _v6.LookupBurst(addresses, remotes);

    /// <summary>Gives the memory back; later calls throw.</summary>
    public void Dispose()
    {
        _v4.Dispose();
        _v6.Dispose();
        _macs.Dispose();
        _networks.Dispose();
    }

    private bool IsRemote(uint remote) => remote < (uint)_remoteCount;

    private RouteTable TableOf(IPNetwork prefix) =>
        prefix.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? _v4 : _v6;
}
