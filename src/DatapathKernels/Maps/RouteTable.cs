using System.Net;
using System.Net.Sockets;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;

namespace DatapathKernels.Maps;

/// <summary>
/// Routes of one address family, for longest-prefix match: what <c>BPF_MAP_TYPE_LPM_TRIE</c> means
/// (<c>kernel/bpf/lpm_trie.c</c>), at the speed of DIR-24-8. A route leads to a next hop, a number of the caller's.
/// </summary>
/// <remarks>
/// <para>
/// An update writes what the route covers and nothing else: one entry for a prefix as long as a level's, 2^16 for an IPv4 /8,
/// one word for the default route, which stands apart; a deletion asks in addition for the covering route, at most one hash
/// lookup a bit of the prefix.
/// </para>
/// <para>
/// One writer at a time; readers on other threads never wait and find, for each address, the route before an update or the one
/// after it. An update of a short prefix is not one step: while it runs, some of its addresses have the new route already.
/// </para>
/// </remarks>
public abstract class RouteTable : IDisposable
{
    /// <summary>The largest next hop: 2^30 - 1.</summary>
    public const uint MaxNextHop = (1 << 30) - 1;

    /// <summary>What bursts answer for an address without route.</summary>
    public const uint NoRoute = uint.MaxValue;

    /// <summary>The most routes a table can be made for: 2^24.</summary>
    public const int MaxCapacity = 1 << 24;

    private readonly FlowMap<RawKey<RoutePrefix>, uint> _routes;
    private readonly AddressFamily _family;
    private uint _default = NoRoute;

    private protected RouteTable(AddressFamily family, int capacity, int groups, int rootBits, bool buckets)
    {
        if (capacity is < 1 or > MaxCapacity)
            Throw.OutOfRange(nameof(capacity), capacity, $"a route table holds 1 to {MaxCapacity} (2^24) routes");
        if (groups is < 1 or > MaxCapacity)
            Throw.OutOfRange(nameof(groups), groups, $"a route table has 1 to {MaxCapacity} (2^24) groups");
        _family = family;
        _routes = new(capacity);
        Tree = new PrefixTree(rootBits, groups, buckets ? capacity + 1 : 0);
    }

    /// <summary>The most routes it holds: exactly so many.</summary>
    public int Capacity => _routes.Capacity;

    /// <summary>Routes in it.</summary>
    public int Count => _routes.Count;

    /// <summary>Groups of 256 entries in use, which prefixes longer than the first level need.</summary>
    public int GroupsInUse => Tree.GroupsInUse;

    /// <summary>Bytes of native memory, all of it.</summary>
    public long MemoryBytes => Tree.MemoryBytes + _routes.MemoryBytes;

    private protected PrefixTree Tree { get; }

    /// <summary>The next hop of addresses without an entry: that of the default route, or <see cref="NoRoute"/>.</summary>
    private protected uint Default => Volatile.Read(ref _default);

    /// <summary>Adds a route, or gives one another next hop.</summary>
    /// <param name="network">Its destination; host bits cannot be set.</param>
    /// <param name="nextHop">Up to <see cref="MaxNextHop"/>.</param>
    /// <param name="flags">Any, NoExist (new ones only) or Exist (known ones only).</param>
    /// <returns>
    /// Invalid for an unknown flag, another family or too large a next hop; Exists and NotFound as the flags ask; NoSpace when
    /// the route is new and the table is full, or a long prefix needs a group and none is left.
    /// </returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public MapError Insert(IPNetwork network, uint nextHop, MapUpdate flags = MapUpdate.Any)
    {
        if (flags > MapUpdate.Exist || nextHop > MaxNextHop || !TryPrefix(network, out RoutePrefix prefix))
            return MapError.Invalid;
        bool known = _routes.Lookup(new(prefix), out _) == MapError.Ok;
        if (known && flags == MapUpdate.NoExist)
            return MapError.Exists;
        if (!known && flags == MapUpdate.Exist)
            return MapError.NotFound;
        if (!known && (_routes.Count == Capacity || Tree.GroupsNeeded(prefix) > Tree.GroupsLeft))
            return MapError.NoSpace;
        MapError stored = _routes.Update(new(prefix), nextHop);
        if (stored != MapError.Ok)
            return stored;
        if (prefix.Length == 0)
            Volatile.Write(ref _default, nextHop);
        else
            Tree.Insert(prefix, nextHop);
        return MapError.Ok;
    }

    /// <summary>Takes a route out; the longest one that covers it serves its addresses from then on.</summary>
    /// <returns>NotFound when there is no such route; Invalid for another family.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public MapError Delete(IPNetwork network)
    {
        if (!TryPrefix(network, out RoutePrefix prefix))
            return MapError.Invalid;
        MapError deleted = _routes.Delete(new(prefix));
        if (deleted != MapError.Ok)
            return deleted;
        if (prefix.Length == 0)
            Volatile.Write(ref _default, NoRoute);
        else
            Tree.Delete(prefix, CoverOf(prefix, out int length), length);
        return MapError.Ok;
    }

    /// <summary>The entry of the longest route that covers a prefix and is shorter, the default route aside; 0 for none.</summary>
    private uint CoverOf(RoutePrefix prefix, out int length)
    {
        for (length = prefix.Length - 1; length > 0; length--)
        {
            if (_routes.Lookup(new(RoutePrefix.Of(prefix.Bits, length)), out uint nextHop) == MapError.Ok)
                return PrefixTree.RouteTo(nextHop);
        }

        length = -1;
        return 0;
    }

    /// <summary>The next hop of exactly this route.</summary>
    /// <returns>NotFound when there is no such route; Invalid for another family.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public MapError Get(IPNetwork network, out uint nextHop)
    {
        nextHop = 0;
        return TryPrefix(network, out RoutePrefix prefix) ? _routes.Lookup(new(prefix), out nextHop) : MapError.Invalid;
    }

    /// <summary>
    /// Every route in turn, in no order that means anything: the first one, then the one after <paramref name="network"/>. What
    /// holds while routes come and go is what <see cref="FlowMap{TKey, TValue}.GetNextKey"/> says. Allocates.
    /// </summary>
    /// <param name="network">The route to go on from; null for the first.</param>
    /// <param name="next">The route found.</param>
    /// <returns>NotFound after the last one.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public MapError GetNextRoute(IPNetwork? network, out IPNetwork next)
    {
        next = default;
        RoutePrefix prefix = default;
        if (network is { } from && !TryPrefix(from, out prefix))
            return MapError.Invalid;
        MapError found = network is null ? _routes.GetFirstKey(out RawKey<RoutePrefix> key) : _routes.GetNextKey(new(prefix), out key);
        if (found == MapError.Ok)
            next = NetworkOf(key.Value);
        return found;
    }

    /// <summary>Gives the memory back; later calls throw.</summary>
    public void Dispose()
    {
        Forget();
        _routes.Dispose();
        Tree.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Forgets what was kept of the memory that is about to be given back.</summary>
    private protected virtual void Forget()
    {
    }

    private bool TryPrefix(IPNetwork network, out RoutePrefix prefix)
    {
        prefix = default;
        if (network.BaseAddress.AddressFamily != _family)
            return false;
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        network.BaseAddress.TryWriteBytes(bytes, out _);
        prefix = new RoutePrefix(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes), network.PrefixLength);
        return true;
    }

    private IPNetwork NetworkOf(RoutePrefix prefix)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, prefix.Bits);
        return new(new IPAddress(_family == AddressFamily.InterNetwork ? bytes[..4] : bytes), prefix.Length);
    }
}
