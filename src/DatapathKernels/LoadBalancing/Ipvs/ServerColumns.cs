using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The real servers of a service in the kernel's list order, latest added first: one array a field for what schedulers look at of
/// all of them, and together what a connection needs of one.
/// </summary>
/// <remarks>
/// <see cref="Usable"/> is the weight, or 0 while the server is overloaded: no scheduler asks for one without the other.
/// Weights are never negative.
/// </remarks>
internal sealed class ServerColumns
{
    private bool _comparesLoads;
    private int _unusable;
    private int[] _usable = [], _weights = [], _lastWeights = [], _active = [], _overhead = [];
    private int[] _ids = [];
    private ServerEntry[] _entries = [];
    private RealServer[] _servers = [];

    /// <summary>Makes an empty list.</summary>
    public ServerColumns(SchedulerKind kind) => KeepFor(kind);

    public int Count { get; private set; }

    /// <summary>The scheduler whose keys are kept.</summary>
    public SchedulerKind Kind { get; private set; }

    /// <summary>What the scheduler compares; null for one that compares nothing.</summary>
    public LeastKeys? Keys { get; private set; }

    /// <summary>What <c>twos</c> draws by; null for the others.</summary>
    public WeightSums? Sums { get; private set; }

    /// <summary>Servers whose weight is <see cref="LeastLoaded.LargeWeight"/> or more.</summary>
    public int LargeWeights { get; private set; }

    /// <summary>True when there are servers, and every one may have connections: no need to look at <see cref="Usable"/>.</summary>
    public bool AreAllUsable => _unusable == 0 && Count > 0;

    /// <summary>Weight of those that are not overloaded, else 0.</summary>
    public ReadOnlySpan<int> Usable => _usable.AsSpan(0, Count);

    public ReadOnlySpan<int> Weights => _weights.AsSpan(0, Count);

    /// <summary>The latest weight that was not 0, or the first one.</summary>
    public ReadOnlySpan<int> LastWeights => _lastWeights.AsSpan(0, Count);

    /// <summary>Active connections; kept for schedulers that compare loads alone, as is <see cref="Overhead"/>.</summary>
    public ReadOnlySpan<int> Active => _active.AsSpan(0, Count);

    /// <summary>See <see cref="ServerEntry.Overhead"/>.</summary>
    public ReadOnlySpan<int> Overhead => _overhead.AsSpan(0, Count);

    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    public RealServer ServerAt(int position) => _servers[position];

    /// <summary>What a connection needs of the server at a position; to be changed by this type alone.</summary>
    public ref readonly ServerEntry EntryAt(int position) => ref _entries[position];

    public bool IsOverloaded(int position) => _entries[position].IsOverloaded;

    /// <summary>The server's address as IPVS hashes it: folded, host order.</summary>
    public uint FoldedAddress(int position)
    {
        IPAddress address = _servers[position].Address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        uint word = address.AddressFamily == AddressFamily.InterNetwork ? BitConverter.ToUInt32(bytes) : SchedulingKey.Fold(new IPv6Address(bytes));
        return SchedulingKey.Host(word);
    }

    /// <summary>Another scheduler goes by this list from now on: what it compares is worked out for all servers.</summary>
    public void KeepFor(SchedulerKind kind)
    {
        Kind = kind;
        Keys = LeastLoaded.Uses(kind) ? new LeastKeys() : null;
        Sums = kind == SchedulerKind.PowerOfTwoChoices ? new WeightSums() : null;
        _comparesLoads = Keys != null || Sums != null;
        for (int position = Count - 1; position >= 0; position--)
        {
            (_active[position], _overhead[position]) = (_entries[position].Active, _entries[position].Overhead);
            Keys?.Insert(KeyOf(position));
        }

        Sums?.Renew(Usable);
    }

    /// <summary>The position of the server of an address, -1 for none.</summary>
    /// <param name="wire">The address as on the wire.</param>
    /// <param name="ipv6">Its family.</param>
    /// <param name="port">Its port, host order.</param>
    public int Find(in IPv6Address wire, bool ipv6, ushort port)
    {
        for (int position = 0; position < Count; position++)
        {
            ref readonly ServerEntry entry = ref _entries[position];
            if (entry.Port == port && entry.IsV6 == ipv6 && entry.Wire == wire)
                return position;
        }

        return -1;
    }

    /// <summary>Puts a server at the head of the list.</summary>
    public void Insert(int id, in RealServer server)
    {
        Grow();
        Shift(0, 1);
        Count++;
        (_ids[0], _servers[0], _weights[0], _lastWeights[0]) = (id, server, server.Weight, server.Weight);
        _entries[0] = new ServerEntry { Id = id };
        _entries[0].Describe(server);
        (_active[0], _overhead[0], _usable[0]) = (0, 0, server.Weight);
        LargeWeights += IsLarge(server.Weight);
        _unusable += IsUnusable(0);
        Keys?.Insert(KeyOf(0));
        Sums?.Renew(Usable);
    }

    /// <summary>Takes a server out; the others keep their order.</summary>
    public void RemoveAt(int position)
    {
        LargeWeights -= IsLarge(_weights[position]);
        _unusable -= IsUnusable(position);
        Shift(position + 1, -1);
        Count--;
        Keys?.RemoveAt(position);
        Sums?.Renew(Usable);
    }

    /// <summary>Gives the server at a position new parameters; its place and its connections stay.</summary>
    public void Edit(int position, in RealServer server)
    {
        if (server.UpperThreshold == 0 || server.UpperThreshold > _servers[position].UpperThreshold)
            _entries[position].IsOverloaded = false;
        _servers[position] = server;
        _entries[position].Describe(server);
        LargeWeights += IsLarge(server.Weight) - IsLarge(_weights[position]);
        _weights[position] = server.Weight;
        if (server.Weight != 0)
            _lastWeights[position] = server.Weight;
        Refresh(position);
    }

    /// <summary>Changes the connection counts.</summary>
    public void AddConnections(int position, int active, int inactive)
    {
        ref ServerEntry entry = ref _entries[position];
        entry.Active += active;
        entry.Inactive += inactive;
        if (!_comparesLoads)
            return;
        (_active[position], _overhead[position]) = (entry.Active, entry.Overhead);
        Keys?.Set(position, KeyOf(position));
    }

    public void SetOverloaded(int position, bool overloaded)
    {
        _entries[position].IsOverloaded = overloaded;
        Refresh(position);
    }

    /// <summary>Asks the memory for what giving a connection to the server at a position, which need not be there, touches.</summary>
    public unsafe void Prefetch(int position)
    {
        // SAFE: a prefetch never faults, and where the arrays have been moved to meanwhile is worth no more than a miss
        if ((uint)position >= (uint)_entries.Length)
            return;
        byte* entry = (byte*)Unsafe.AsPointer(ref _entries[position]);
        Simd.Prefetch.Read(entry);
        Simd.Prefetch.Read(entry + sizeof(ServerEntry) - 1);
        if (!AreAllUsable)
            Simd.Prefetch.Read(Unsafe.AsPointer(ref _usable[position]));
    }

    private void Refresh(int position)
    {
        int usable = _entries[position].IsOverloaded ? 0 : _weights[position];
        Sums?.Add(position, usable - _usable[position]);
        _unusable -= IsUnusable(position);
        _usable[position] = usable;
        _unusable += IsUnusable(position);
        Keys?.Set(position, KeyOf(position));
    }

    private double KeyOf(int position) => LeastLoaded.Key(Kind, _usable[position], _active[position], _overhead[position]);

    private int IsUnusable(int position) => _usable[position] == 0 ? 1 : 0;

    private static int IsLarge(int weight) => weight >= LeastLoaded.LargeWeight ? 1 : 0;

    private void Grow()
    {
        if (Count < _ids.Length)
            return;
        int capacity = Math.Max(8, Count * 2);
        Array.Resize(ref _usable, capacity);
        Array.Resize(ref _weights, capacity);
        Array.Resize(ref _lastWeights, capacity);
        Array.Resize(ref _active, capacity);
        Array.Resize(ref _overhead, capacity);
        Array.Resize(ref _ids, capacity);
        Array.Resize(ref _servers, capacity);
        Array.Resize(ref _entries, capacity);
    }

    private void Shift(int from, int by)
    {
        Move(_usable, from, by);
        Move(_weights, from, by);
        Move(_lastWeights, from, by);
        Move(_active, from, by);
        Move(_overhead, from, by);
        Move(_ids, from, by);
        Move(_servers, from, by);
        Move(_entries, from, by);
    }

    private void Move<T>(T[] column, int from, int by) => Array.Copy(column, from, column, from + by, Count - from);
}
