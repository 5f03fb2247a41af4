using System.Net;
using System.Net.Sockets;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths.Policy;

/// <summary>
/// Network policy by identity, as Cilium's eBPF does it: a longest-prefix match turns each address into an identity (a number
/// for a set of labels), and a policy map, keyed by the pod, the identity of the other end, protocol and port, decides. What a
/// packet costs does not depend on the number of policies or pods.
/// </summary>
/// <remarks>
/// <para>
/// Differences from Cilium: the entries of all pods are in one map, keyed by the pod too, where Cilium has a map a pod; and its
/// longest-prefix match over protocol and port is a hash lookup for each length of port prefix that the pod's entries have.
/// </para>
/// <para>
/// It decides about the first packet of a connection; packets of known connections, replies among them, do not ask. A pod is
/// never kept from itself: traffic from an address to the same one is allowed. One writer at a time; readers on other threads
/// never wait, and may take a removed address for the next one added in the instant that both happen.
/// </para>
/// </remarks>
public sealed partial class IdentityPolicy : IDisposable
{
    // An address's place is its identity in the low half and its endpoint in the high one; the first is the world's.
    private readonly ulong[] _places;
    private readonly int[] _freePlaces;

    // Two words an endpoint, one each direction: bit n is set when an entry has n port bits, bit 31 when the pod is isolated.
    private readonly uint[] _endpoints;
    private readonly RouteTableV4? _v4;
    private readonly RouteTableV6? _v6;
    private readonly FlowMap<RawKey<PolicyKey>, PolicyAction> _entries;
    private int _freeCount;
    private ulong _version = 1;

    /// <summary>Makes a policy that knows nothing: every address is the world's and no pod is isolated.</summary>
    /// <param name="options">How much it holds.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative or too large for the table it is for.</exception>
    public IdentityPolicy(in IdentityPolicyOptions options)
    {
        if (options.AddressesV4 < 0 || options.AddressesV6 < 0 || options.Endpoints < 0)
            Throw.OutOfRange(nameof(options), options, "expected numbers from 0");
        int places = options.AddressesV4 + options.AddressesV6;
        _entries = new(Math.Max(1, options.Entries));
        _v4 = options.AddressesV4 == 0 ? null : new(options.AddressesV4, options.GroupsV4 == 0 ? options.AddressesV4 : options.GroupsV4);
        _v6 = options.AddressesV6 == 0 ? null : new(options.AddressesV6, options.GroupsV6 == 0 ? options.AddressesV6 * 14 : options.GroupsV6);
        _endpoints = new uint[(options.Endpoints + 1) * 2];
        _places = new ulong[places + 1];
        _places[0] = ReservedIdentities.World;
        _freePlaces = new int[places];
        for (int i = 0; i < places; i++)
            _freePlaces[i] = places - i;
        _freeCount = places;
    }

    /// <summary>Entries of the policy map.</summary>
    public int EntryCount => _entries.Count;

    /// <summary>Addresses and ranges with an identity.</summary>
    public int AddressCount => _places.Length - 1 - _freeCount;

    /// <summary>All of its memory in bytes.</summary>
    public long MemoryBytes =>
        _entries.MemoryBytes + (_v4?.MemoryBytes ?? 0) + (_v6?.MemoryBytes ?? 0) + (_places.Length * 8L) + (_freePlaces.Length * 4L) + (_endpoints.Length * 4L);

    /// <summary>Says whose an address or range is. The longest prefix decides.</summary>
    /// <param name="network">The address, as /32 or /128, or the range.</param>
    /// <param name="identity">Its identity.</param>
    /// <param name="endpoint">The pod of this node that has the address, from 1; 0 when none has.</param>
    /// <returns>Invalid for a family it has no room for, the identity <see cref="ReservedIdentities.Any"/> or an endpoint out of range; NoSpace when the tables are full.</returns>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public MapError SetAddress(IPNetwork network, uint identity, uint endpoint = 0)
    {
        RouteTable? table = TableOf(network);
        if (table is null || identity == ReservedIdentities.Any || endpoint * 2UL >= (ulong)_endpoints.Length)
            return MapError.Invalid;
        ulong place = identity | ((ulong)endpoint << 32);
        if (table.Get(network, out uint known) == MapError.Ok)
        {
            Volatile.Write(ref _places[known], place);
            return Changed(MapError.Ok);
        }

        if (_freeCount == 0)
            return MapError.NoSpace;
        int index = _freePlaces[_freeCount - 1];
        Volatile.Write(ref _places[index], place);
        MapError error = table.Insert(network, (uint)index);
        if (error == MapError.Ok)
            _freeCount--;
        return Changed(error);
    }

    /// <summary>Forgets an address or range: the range around it, or the world, has it from then on.</summary>
    /// <returns>NotFound when it has no identity of its own; Invalid for a family it has no room for.</returns>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public MapError RemoveAddress(IPNetwork network)
    {
        RouteTable? table = TableOf(network);
        if (table is null)
            return MapError.Invalid;
        MapError error = table.Get(network, out uint place);
        if (error == MapError.Ok)
            error = table.Delete(network);
        if (error == MapError.Ok)
            _freePlaces[_freeCount++] = (int)place;
        return Changed(error);
    }

    /// <summary>Says whether a pod is isolated: then only what an entry allows passes. Otherwise its entries are not asked.</summary>
    /// <param name="endpoint">The pod, from 1.</param>
    /// <param name="direction">Which way.</param>
    /// <param name="isolated">True to ask its entries.</param>
    /// <returns>Invalid for an endpoint out of range.</returns>
    public MapError SetIsolated(uint endpoint, PolicyDirection direction, bool isolated)
    {
        if (!IsEndpoint(endpoint) || direction > PolicyDirection.Egress)
            return MapError.Invalid;
        ref uint state = ref StateOf(endpoint, direction);
        Volatile.Write(ref state, isolated ? state | Isolated : state & ~Isolated);
        return Changed(MapError.Ok);
    }

    /// <summary>Adds an entry to the policy map, or gives one another action.</summary>
    /// <returns>Invalid for a key that no traffic can have or an unknown action; TooBig when the map is full.</returns>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public MapError SetEntry(in PolicyKey key, PolicyAction action)
    {
        bool known = key.PortBits <= 16 && (key.PortBits == 0 || key.Protocol != 0) && key.Direction <= PolicyDirection.Egress;
        if (!known || !IsEndpoint(key.Endpoint) || action is not (PolicyAction.Allow or PolicyAction.Deny))
            return MapError.Invalid;
        MapError error = _entries.Update(new(key), action);
        ref uint state = ref StateOf(key.Endpoint, key.Direction);
        if (error == MapError.Ok)
            Volatile.Write(ref state, state | (1u << key.PortBits));
        return Changed(error);
    }

    /// <summary>Takes an entry out of the policy map.</summary>
    /// <returns>NotFound when there is no such entry.</returns>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public MapError RemoveEntry(in PolicyKey key) => Changed(_entries.Delete(new(key)));

    /// <summary>Gives the memory back; later calls throw.</summary>
    public void Dispose()
    {
        _entries.Dispose();
        _v4?.Dispose();
        _v6?.Dispose();
    }

    /// <summary>Moves on behind every change: who finds it as it was may go on with what was decided. Never 0.</summary>
    internal ulong Version => Volatile.Read(ref _version);

    private MapError Changed(MapError error)
    {
        Volatile.Write(ref _version, _version + 1);
        return error;
    }

    private RouteTable? TableOf(IPNetwork network) => network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? _v4 : _v6;

    private bool IsEndpoint(uint endpoint) => endpoint != 0 && endpoint * 2UL < (ulong)_endpoints.Length;

    private ref uint StateOf(uint endpoint, PolicyDirection direction) => ref _endpoints[(endpoint * 2) + (uint)direction];
}
