using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>
/// The connection table of one node (or one worker): which connection a packet belongs to, by the rules of Linux's
/// nf_conntrack, for TCP, UDP, SCTP, ICMP, GRE and everything else, IPv4 and IPv6.
/// </summary>
/// <remarks>
/// <para>
/// <see cref="Track"/> takes a packet where it comes in. A new connection is not in the table before <see cref="Confirm"/>: a packet
/// that is dropped on its way leaves nothing. Times are milliseconds of the caller's clock that never go back by more than 24 days.
/// </para>
/// <para>
/// A connection whose time is over is met by nobody. Its room is given back as time passes, a few places with each new time that packets come with, so that the whole
/// table is looked through in the kernel's period, 1 to 60 seconds by how long connections have left; and a full table gives back what it needs. The table has no clock and no thread of its own: while no packets come, connections whose time is over stay
/// (in <see cref="Count"/>, and in what is listed) until <see cref="Collect"/> is called, which whoever wants an idle table to empty does with a timer. Where the kernel looks through the table at the end of a period, in slices of 10 ms and 64000/HZ connections that are over,
/// this one spreads the places over the period, and no packet pays for more than 64: with a clock of milliseconds 64,000 a second, so that a large table may need longer. One thread at a time; nothing allocates after construction. 188 bytes a connection: 128 for what every one has (see
/// <see cref="Connection"/>), 32 for the answers' addresses of IPv6, 24 in the index, and 4 in the table of sources.
/// </para>
/// <para>
/// IPv4 addresses stand in its tuples as <c>::ffff:a.b.c.d</c>. An IPv6 packet that has such a source on the wire is invalid: Linux drops it before its connection table.
/// </para>
/// <para>
/// Left out: helpers and expectations, and the states of DCCP, which is tracked as everything else is (10 minutes).
/// </para>
/// </remarks>
[SkipLocalsInit]
public sealed partial class ConntrackTable : IDisposable
{
    /// <summary>The most connections a table can be made for.</summary>
    public const int MaxConnections = 1 << 26;

    private readonly ConntrackOptions _options;
    private readonly ConnectionStore _store;
    private readonly TupleIndex _index;
    private readonly SourceChains _sources;
    private readonly ConnectionExtras _extras;
    private readonly ulong _seed, _key1;
    private readonly HashSecret _secret;
    private readonly ShardMap? _shards;
    private readonly int _shard, _room;

    // Who has to go: nobody where there is no limit, whatever the policy says of lifetimes.
    private readonly EvictionPolicy _eviction;
    private readonly TcpLifetimes _lifetimes;
    private bool _isDisposed;

    // The time of the call the table is in.
    private long _nowMs;

    /// <summary>Makes an empty table.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size out of its range.</exception>
    public ConntrackTable(ConntrackOptions options)
        : this(options, null, 0)
    {
    }

    /// <summary>Makes the table of one worker: the tuples of its connections, translated ones too, are those that fall to it.</summary>
    internal ConntrackTable(ConntrackOptions options, ShardMap? shards, int shard)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Max is < 0 or > MaxConnections)
            Throw.OutOfRange(nameof(options), options.Max, $"a table holds 1 to {MaxConnections} connections, or 0 for no limit");
        if (options.Max == 0 && options.Places is < 1 or > MaxConnections)
            Throw.OutOfRange(nameof(options), options.Places, $"a table has 1 to {MaxConnections} places");
        if (options.Buckets is < 0 or > 1 << 29)
            Throw.OutOfRange(nameof(options), options.Buckets, "expected 0 to 2^29 buckets");
        (_options, _shards, _shard) = (options, shards, shard);
        (_seed, _key1) = options.HashKey ?? (Seed(), Seed());
        _draw = _key1;
        _secret = new HashSecret(_seed);
        (_room, _eviction) = options.Max == 0 ? (options.Places, EvictionPolicy.DropNew) : (options.Max, options.Eviction);
        _store = new ConnectionStore(_room);
        _index = new TupleIndex(2 * _store.Capacity, (uint)(options.Buckets == 0 ? _room : options.Buckets));
        _sources = new SourceChains(_store, (uint)_room);
        _lifetimes = new TcpLifetimes(options.Tcp);
        HasShortWay = !IsLru && !options.Checksum;
        _extras = new ConnectionExtras(_store.Capacity, options.Accounting, options.Timestamps);
    }

    /// <summary>The most connections; 0 for no limit.</summary>
    public int Max => _options.Max;

    /// <summary>Connections in the table, those that are over and not collected included.</summary>
    public int Count { get; private set; }

    /// <summary>Connections thrown out for room (<c>early_drop</c>).</summary>
    public long Evicted { get; private set; }

    /// <summary>New connections dropped for want of room (<c>drop</c>).</summary>
    public long DroppedFull { get; private set; }

    /// <summary>Packets of no connection (<c>invalid</c>).</summary>
    public long Invalid { get; private set; }

    /// <summary>New connections dropped because another has one of their tuples, or a chain is too long (<c>insert_failed</c>).</summary>
    public long InsertFailed { get; private set; }

    /// <summary>New connections dropped because a chain they enter is too long already, which count as failed insertions too (<c>chaintoolong</c>).</summary>
    public long ChainTooLong { get; private set; }

    /// <summary>All of its native memory, bytes.</summary>
    public long MemoryBytes => _store.MemoryBytes + _index.MemoryBytes + _sources.MemoryBytes + _extras.MemoryBytes;

    /// <summary>The numbers of connections are below this.</summary>
    public int Places => _store.HighMark;

    /// <summary>What is known of a connection; null for a number that has none.</summary>
    public ConnectionView? View(int id)
    {
        if ((uint)id >= (uint)_store.HighMark || !_store[id].IsLive)
            return null;
        ref Connection connection = ref _store[id];
        bool tcp = connection.Protocol == IpProtocol.Tcp, sctp = connection.Protocol == IpProtocol.Sctp;
        return new ConnectionView(_store.OriginalOf(id), _store.ReplyOf(id), connection.Status, tcp && !IsLru ? connection.Tracker.Tcp : default, connection.Mark, connection.ExpiresMs)
        {
            Sctp = sctp && !IsLru ? connection.Tracker.Sctp : default,
            Cilium = tcp && IsLru ? connection.Tracker.Cilium : default,
            Counters = _extras.CountersOf(id),
            StartedMs = _extras.TimesOf(id).StartedMs,
        };
    }

    /// <summary>
    /// The packets and bytes of a connection, also of one that just ended (until the next packet is tracked); all zero without
    /// <see cref="ConntrackOptions.Accounting"/>.
    /// </summary>
    public ConnectionCounters CountersOf(int id) => _extras.CountersOf(id);

    /// <summary>When a connection began and ended, also of one that just ended; all zero without <see cref="ConntrackOptions.Timestamps"/>.</summary>
    public ConnectionTimes TimesOf(int id) => _extras.TimesOf(id);

    /// <summary>The status bits of a connection.</summary>
    public ConntrackStatus StatusOf(int id) => _store[id].Status;

    /// <summary>The mark of a connection (<c>CONNMARK</c>).</summary>
    public uint MarkOf(int id) => _store[id].Mark;

    /// <summary>Sets the mark of a connection.</summary>
    public void SetMark(int id, uint mark) => _store[id].Mark = mark;

    /// <summary>The tuples of a connection; IPv4 as <c>::ffff:a.b.c.d</c>.</summary>
    public void Tuples(int id, out FlowKeyV6 original, out FlowKeyV6 reply) => (original, reply) = (_store.OriginalOf(id), _store.ReplyOf(id));

    /// <summary>Whole seconds until a connection ends without packets; 0 for one that is not confirmed.</summary>
    public uint SecondsLeft(int id, long nowMs)
    {
        ref Connection connection = ref _store[id];
        int left = (int)(connection.ExpiresMs - (uint)nowMs);
        return connection.Has(ConntrackStatus.Confirmed) && left > 0 ? (uint)left / 1000 : 0;
    }

    /// <summary>Gives the memory back. Calling it twice is harmless; every later packet is an <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _sources.Dispose();
        _extras.Dispose();
        _index.Dispose();
        _store.Dispose();
    }

    /// <summary>Puts a connection in as given, without the packets that lead to it.</summary>
    internal int Add(in FlowKeyV6 original, ConntrackStatus status, uint expiresMs)
    {
        ConnectionKeys.TryInvert(original, out FlowKeyV6 reply);
        int id = Place(original, reply, HashOf(original));
        (_store[id].Status, _store[id].ExpiresMs) = (status, expiresMs);
        Insert(id, HashOf(reply));
        return id;
    }

    private bool IsLru => _options.Eviction == EvictionPolicy.Lru;

    private static ulong Seed()
    {
        ulong seed = 0;
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref seed)));
        return seed;
    }
}
