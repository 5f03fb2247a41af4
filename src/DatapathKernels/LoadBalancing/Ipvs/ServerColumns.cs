using System.Net;
using System.Net.Sockets;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The real servers of a service in the kernel's list order, latest added first, one array a field: a scheduler that looks at
/// all of them reads only the columns it needs.
/// </summary>
/// <remarks>
/// <see cref="Usable"/> is the weight, or 0 while the server is overloaded: no scheduler asks for one without the other.
/// Weights are never negative.
/// </remarks>
internal sealed class ServerColumns(SchedulerKind kind)
{
    private int[] _usable = [], _weights = [], _lastWeights = [], _active = [], _inactive = [], _overhead = [];
    private int[] _ids = [];
    private RealServer[] _servers = [];
    private IPv6Address[] _wires = [];
    private bool[] _overloaded = [];

    public int Count { get; private set; }

    /// <summary>The scheduler whose keys are kept.</summary>
    public SchedulerKind Kind => kind;

    /// <summary>What the scheduler compares; null for one that compares nothing.</summary>
    public LeastKeys? Keys { get; } = LeastLoaded.Uses(kind) ? new LeastKeys() : null;

    /// <summary>What <c>twos</c> draws by; null for the others.</summary>
    public WeightSums? Sums { get; } = kind == SchedulerKind.PowerOfTwoChoices ? new WeightSums() : null;

    /// <summary>Servers whose weight is <see cref="LeastLoaded.LargeWeight"/> or more.</summary>
    public int LargeWeights { get; private set; }

    /// <summary>Weight of those that are not overloaded, else 0.</summary>
    public ReadOnlySpan<int> Usable => _usable.AsSpan(0, Count);

    public ReadOnlySpan<int> Weights => _weights.AsSpan(0, Count);

    /// <summary>The latest weight that was not 0, or the first one.</summary>
    public ReadOnlySpan<int> LastWeights => _lastWeights.AsSpan(0, Count);

    public ReadOnlySpan<int> Active => _active.AsSpan(0, Count);

    /// <summary>256 times the active connections plus the inactive ones, in 32 bits, as <c>ip_vs_dest_conn_overhead</c> has it.</summary>
    public ReadOnlySpan<int> Overhead => _overhead.AsSpan(0, Count);

    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    public RealServer ServerAt(int position) => _servers[position];

    public IPv6Address WireAt(int position) => _wires[position];

    public bool IsOverloaded(int position) => _overloaded[position];

    public int Inactive(int position) => _inactive[position];

    /// <summary>The server's address as IPVS hashes it: folded, host order.</summary>
    public uint FoldedAddress(int position)
    {
        IPAddress address = _servers[position].Address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        uint word = address.AddressFamily == AddressFamily.InterNetwork ? BitConverter.ToUInt32(bytes) : SchedulingKey.Fold(new IPv6Address(bytes));
        return SchedulingKey.Host(word);
    }

    /// <summary>Puts a server at the head of the list.</summary>
    public void Insert(int id, in RealServer server)
    {
        Grow();
        Shift(0, 1);
        Count++;
        (_ids[0], _servers[0], _weights[0], _lastWeights[0]) = (id, server, server.Weight, server.Weight);
        _wires[0] = IpvsService.WireOf(server.Address);
        (_active[0], _inactive[0], _overhead[0], _overloaded[0], _usable[0]) = (0, 0, 0, false, server.Weight);
        LargeWeights += IsLarge(server.Weight);
        Keys?.Insert(KeyOf(0));
        Sums?.Renew(Usable);
    }

    /// <summary>Takes a server out; the others keep their order.</summary>
    public void RemoveAt(int position)
    {
        LargeWeights -= IsLarge(_weights[position]);
        Shift(position + 1, -1);
        Count--;
        Keys?.RemoveAt(position);
        Sums?.Renew(Usable);
    }

    /// <summary>Gives the server at a position new parameters; its place and its connections stay.</summary>
    public void Edit(int position, in RealServer server)
    {
        if (server.UpperThreshold == 0 || server.UpperThreshold > _servers[position].UpperThreshold)
            _overloaded[position] = false;
        _servers[position] = server;
        _wires[position] = IpvsService.WireOf(server.Address);
        LargeWeights += IsLarge(server.Weight) - IsLarge(_weights[position]);
        _weights[position] = server.Weight;
        if (server.Weight != 0)
            _lastWeights[position] = server.Weight;
        Refresh(position);
    }

    /// <summary>Changes the connection counts.</summary>
    public void AddConnections(int position, int active, int inactive)
    {
        _active[position] += active;
        _inactive[position] += inactive;
        _overhead[position] = unchecked((_active[position] << 8) + _inactive[position]);
        Keys?.Set(position, KeyOf(position));
    }

    public void SetOverloaded(int position, bool overloaded)
    {
        _overloaded[position] = overloaded;
        Refresh(position);
    }

    private void Refresh(int position)
    {
        int usable = _overloaded[position] ? 0 : _weights[position];
        Sums?.Add(position, usable - _usable[position]);
        _usable[position] = usable;
        Keys?.Set(position, KeyOf(position));
    }

    private double KeyOf(int position) => LeastLoaded.Key(kind, _usable[position], _active[position], _overhead[position]);

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
        Array.Resize(ref _inactive, capacity);
        Array.Resize(ref _overhead, capacity);
        Array.Resize(ref _ids, capacity);
        Array.Resize(ref _servers, capacity);
        Array.Resize(ref _wires, capacity);
        Array.Resize(ref _overloaded, capacity);
    }

    private void Shift(int from, int by)
    {
        Move(_usable, from, by);
        Move(_weights, from, by);
        Move(_lastWeights, from, by);
        Move(_active, from, by);
        Move(_inactive, from, by);
        Move(_overhead, from, by);
        Move(_ids, from, by);
        Move(_servers, from, by);
        Move(_wires, from, by);
        Move(_overloaded, from, by);
    }

    private void Move<T>(T[] column, int from, int by) => Array.Copy(column, from, column, from + by, Count - from);
}
