using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The real servers of an IPVS virtual service and the scheduler that chooses among them, as the Linux kernel does
/// (<c>net/netfilter/ipvs</c>): the same server for the same packets, after the same changes.
/// </summary>
/// <remarks>
/// A server added stands at the head of the list, and every tie goes to the head: the last one added wins. One thread at a
/// time; scheduling allocates nothing. Cost: rr, dh, sh, mh and mostly wrr do not depend on the number of servers; the others look at one number
/// for every 32 servers and at 32 servers.
/// </remarks>
public sealed partial class VirtualService
{
    /// <summary>What <see cref="Schedule"/> answers when no server may have the connection.</summary>
    public const int NoServer = -1;

    /// <summary>The most servers a service takes.</summary>
    public const int MaxServers = short.MaxValue;

    private readonly ServerColumns _servers;
    private readonly int _maglevTableIndex;
    private HashBuckets? _buckets;
    private MaglevSchedule? _maglev;
    private RoundRobin _roundRobin = new();
    private WeightedRoundRobin _weighted = new();
    private int _nextId;
    private int[] _positions = [], _templates = [];
    private RemovedServers? _removed;

    /// <summary>Makes a service without servers.</summary>
    /// <param name="scheduler">The scheduler.</param>
    /// <param name="flags">Options of <c>sh</c> and <c>mh</c>; the others ignore them.</param>
    /// <param name="maglevTableIndex">Table size of <c>mh</c>: 8 to 17 for 251 to 131,071 slots. The kernel's default is 12.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such scheduler or table size.</exception>
    public VirtualService(SchedulerKind scheduler, SchedulerFlags flags = SchedulerFlags.None, int maglevTableIndex = 12)
    {
        if (maglevTableIndex is < 8 or > 17)
            Throw.OutOfRange(nameof(maglevTableIndex), maglevTableIndex, "expected 8 to 17, for 251 to 131071 slots");
        Check(scheduler);
        _maglevTableIndex = maglevTableIndex;
        _servers = new ServerColumns(scheduler);
        Flags = flags;
        Begin(scheduler);
    }

    /// <summary>The scheduler.</summary>
    public SchedulerKind Scheduler { get; private set; }

    /// <summary>Its options.</summary>
    public SchedulerFlags Flags { get; private set; }

    /// <summary>
    /// Gives the service another scheduler, other options, or both (<c>ipvsadm -E</c>). Servers and connections stay; another scheduler begins anew with the servers there are, the
    /// same one goes on where it was.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No such scheduler.</exception>
    public void Reschedule(SchedulerKind scheduler, SchedulerFlags flags = SchedulerFlags.None)
    {
        Check(scheduler);
        Flags = flags;
        if (scheduler == Scheduler)
            return;
        _servers.KeepFor(scheduler);
        Begin(scheduler);
    }

    /// <summary>Number of real servers.</summary>
    public int Count => _servers.Count;

    /// <summary>The servers' ids in the kernel's list order: latest added first.</summary>
    public ReadOnlySpan<int> ListOrder => _servers.Ids;

    /// <summary>Adds a server at the head of the list.</summary>
    /// <exception cref="ArgumentException">The service has a server of this address and port.</exception>
    /// <returns>
    /// Its id in this service: 0, 1, 2, ... in the order of adding. Ids are not used again, but for a server of an address and port that was taken out while
    /// connections (or templates) had it: it is that server again and has them again, as in the kernel.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">A negative weight or threshold, a lower threshold above the upper one, or too many servers.</exception>
    public int Add(in RealServer server)
    {
        Check(server);
        if (Find(server.Address, server.Port) != NoServer)
            Throw.Argument(nameof(server), $"the service has the server {new IPEndPoint(server.Address, server.Port)} already");
        if (Count == MaxServers)
            Throw.OutOfRange(nameof(server), Count, $"a service takes at most {MaxServers} servers");
        RemovedServer? before = _removed?.TakeBack(server);
        int id = before?.Id ?? NextId();
        _servers.Insert(id, server);
        Locate();
        if (before != null)
        {
            _servers.AddConnections(0, before.Active, before.Inactive);
            _servers.SetOverloaded(0, before.IsOverloaded && server.UpperThreshold != 0 && server.UpperThreshold <= before.UpperThreshold);
        }

        _roundRobin.OnInserted();
        OnChanged();
        return id;
    }

    /// <summary>Gives a server new parameters. It keeps its place in the list, its connections, and its address and port: another address is another server.</summary>
    /// <exception cref="ArgumentException">Another address or port.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such server, a negative weight or threshold, or a lower threshold above the upper one.</exception>
    public void Edit(int id, in RealServer server)
    {
        Check(server);
        int position = PositionOf(id);
        RealServer before = _servers.ServerAt(position);
        if (!before.Address.Equals(server.Address) || before.Port != server.Port)
            Throw.Argument(nameof(server), $"the server of this id is {new IPEndPoint(before.Address, before.Port)}");
        _servers.Edit(position, server);
        OnChanged();
    }

    /// <summary>The id of the server of that address and port (host order), by which ipvsadm names it; <see cref="NoServer"/> for none. Costs a look at every server.</summary>
    public int Find(IPAddress address, ushort port)
    {
        ArgumentNullException.ThrowIfNull(address);
        int position = _servers.Find(IpvsService.WireOf(address), address.AddressFamily == AddressFamily.InterNetworkV6, port);
        return position < 0 ? NoServer : _servers.Ids[position];
    }

    /// <summary>Takes a server out. Its connections are the caller's to end, or the server's again when it comes back.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such server.</exception>
    public void Remove(int id)
    {
        int position = PositionOf(id);
        if (Connections(position) + _templates[id] > 0)
            (_removed ??= new()).Add(new(id, _servers.ServerAt(position), _servers.EntryAt(position)));
        _servers.RemoveAt(position);
        _positions[id] = -1;
        if (Clock is { } clock)
            clock.Removals++;
        Locate();
        _roundRobin.OnRemoved(position);
        OnChanged();
    }

    /// <summary>Told of every removal; null outside a director.</summary>
    internal RemovalClock? Clock { get; set; }

    /// <summary>The parameters of a server.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such server.</exception>
    public RealServer ServerOf(int id) => _servers.ServerAt(PositionOf(id));

    /// <summary>Chooses the server of a new connection, by id; <see cref="NoServer"/> when none may have it.</summary>
    /// <param name="key">What hashing schedulers read of the packet.</param>
    /// <param name="random">64 random bits for <c>twos</c>; the others ignore them.</param>
    public int Schedule(in SchedulingKey key, ulong random = 0)
    {
        int position = ScheduleAt(key, random);
        return position < 0 ? NoServer : _servers.Ids[position];
    }

    /// <summary>As <see cref="Schedule"/>, but by position in the list: -1 for none.</summary>
    internal int ScheduleAt(in SchedulingKey key, ulong random)
    {
        return Scheduler switch
        {
            SchedulerKind.RoundRobin => _roundRobin.Schedule(_servers),
            SchedulerKind.WeightedRoundRobin => _weighted.Schedule(_servers),
            SchedulerKind.SourceHash => _buckets!.BySource(_servers, key, Flags),
            SchedulerKind.DestinationHash => _buckets!.ByDestination(_servers, key.Destination),
            SchedulerKind.MaglevHash => _maglev!.Schedule(_servers, key, Flags),
            SchedulerKind.PowerOfTwoChoices => TwoChoices.Schedule(_servers, random),
            _ => LeastLoaded.Schedule(_servers),
        };
    }

    /// <summary>Asks the memory for what scheduling a connection will touch, as far as can be told.</summary>
    internal void Prefetch() => _servers.Prefetch(Scheduler == SchedulerKind.RoundRobin && _roundRobin.Next < Count ? _roundRobin.Next : 0);

    /// <summary>The servers, for whom knows their positions.</summary>
    internal ServerColumns Servers => _servers;

    /// <summary>The choice of <c>twos</c> for two draws of the kernel's.</summary>
    internal int ScheduleByDraws(int draw1, int draw2)
    {
        int position = TwoChoices.Schedule(_servers, draw1, draw2);
        return position < 0 ? NoServer : _servers.Ids[position];
    }

    /// <summary>The server id of each bucket (<c>sh</c>, <c>dh</c>) or slot (<c>mh</c>), -1 for none. Allocates.</summary>
    internal int[] Buckets
    {
        get
        {
            int[] ids = new int[_maglev?.Table.Size ?? _buckets!.Buckets.Length];
            for (int i = 0; i < ids.Length; i++)
            {
                int position = _maglev is null ? _buckets!.Buckets[i] : _maglev.Table[i];
                ids[i] = position < 0 ? NoServer : _servers.Ids[position];
            }

            return ids;
        }
    }

    /// <summary>The scheduler's own state, for the servers there are.</summary>
    private void Begin(SchedulerKind scheduler)
    {
        Scheduler = scheduler;
        _roundRobin = new RoundRobin();
        _weighted = new WeightedRoundRobin();
        _buckets = scheduler is SchedulerKind.SourceHash or SchedulerKind.DestinationHash ? new HashBuckets() : null;
        _maglev = scheduler == SchedulerKind.MaglevHash ? new MaglevSchedule(_maglevTableIndex) : null;
        OnChanged();
    }

    private void OnChanged()
    {
        if (Scheduler == SchedulerKind.WeightedRoundRobin)
            _weighted.OnChanged(_servers);
        else if (Scheduler == SchedulerKind.DestinationHash)
            _buckets!.DealEvenly(_servers);
        else if (Scheduler == SchedulerKind.SourceHash)
            _buckets!.DealByWeight(_servers);
        else
            _maglev?.Build(_servers);
    }

    /// <summary>True when the service has this server.</summary>
    public bool Has(int id) => (uint)id < (uint)_nextId && _positions[id] >= 0;

    /// <summary>True when it has this server, or had it and connections have it still.</summary>
    internal bool Remembers(int id) => Has(id) || (_removed != null && _removed.Has(id));

    private int NextId()
    {
        if (_nextId == _positions.Length)
        {
            Array.Resize(ref _positions, Math.Max(8, _nextId * 2));
            Array.Resize(ref _templates, _positions.Length);
        }

        return _nextId++;
    }

    /// <summary>Servers moved in the list: notes where each stands now.</summary>
    private void Locate()
    {
        ReadOnlySpan<int> ids = _servers.Ids;
        for (int position = 0; position < ids.Length; position++)
            _positions[ids[position]] = position;
    }

    internal int PositionOf(int id)
    {
        if (!Has(id))
            Throw.OutOfRange(nameof(id), id, "the service has no server of that id");
        return _positions[id];
    }

    private static void Check(SchedulerKind scheduler)
    {
        if (!Enum.IsDefined(scheduler))
            Throw.OutOfRange(nameof(scheduler), scheduler, "expected one of the kernel's schedulers");
    }

    private static void Check(in RealServer server)
    {
        ArgumentNullException.ThrowIfNull(server.Address);
        if (server.Address.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
            Throw.Argument(nameof(server), "expected an IPv4 or IPv6 address");
        ArgumentOutOfRangeException.ThrowIfNegative(server.Weight);
        ArgumentOutOfRangeException.ThrowIfNegative(server.UpperThreshold);
        ArgumentOutOfRangeException.ThrowIfNegative(server.LowerThreshold);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(server.LowerThreshold, server.UpperThreshold);
    }
}
