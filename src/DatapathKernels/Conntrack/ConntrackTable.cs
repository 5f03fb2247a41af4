using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
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
/// A connection whose time is over is met by nobody; <see cref="Collect"/> gives its room back, a bounded number at a time, and a full
/// table does by itself. One thread at a time; nothing allocates after construction. 176 bytes a connection and 16 for the chains' heads: 192.
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

    // Every connection stands in two chains: so most of them have one entry or none.
    private const int ChainsPerConnection = 3;

    private readonly ConntrackOptions _options;
    private readonly TupleChains _chains;
    private readonly SourceChains _sources;
    private readonly ConnectionExtras _extras;
    private readonly ulong _seed, _key1;
    private readonly ShardMap? _shards;
    private readonly int _shard;
    private readonly bool _followsData;
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
        if (options.Max is < 1 or > MaxConnections)
            Throw.OutOfRange(nameof(options), options.Max, $"a table holds 1 to {MaxConnections} connections");
        if (options.Buckets is < 0 or > 1 << 29)
            Throw.OutOfRange(nameof(options), options.Buckets, "expected 0 to 2^29 buckets");
        (_options, _shards, _shard) = (options, shards, shard);
        (_seed, _key1) = options.HashKey ?? (Seed(), Seed());
        _draw = _key1;
        // Connections that end stay readable until the burst is over; a burst makes one a packet at most.
        _chains = new TupleChains(options.Max + PacketBurst.MaxCount + 1, (uint)(options.Buckets == 0 ? (options.UsesKernelHash ? options.Max : ChainsPerConnection * options.Max) : options.Buckets));
        _sources = new SourceChains(_chains, (uint)options.Max);
        _followsData = !IsLru && !options.Checksum;
        _extras = new ConnectionExtras(_chains.Capacity, options.Accounting, options.Timestamps);
    }

    /// <summary>The most connections.</summary>
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
    public long MemoryBytes => _chains.MemoryBytes + _sources.MemoryBytes + _extras.MemoryBytes;

    /// <summary>The numbers of connections are below this.</summary>
    public int Places => _chains.HighMark;

    /// <summary>What is known of a connection; null for a number that has none.</summary>
    public ConnectionView? View(int id)
    {
        if ((uint)id >= (uint)_chains.HighMark || !_chains[id].IsLive)
            return null;
        ref Connection connection = ref _chains[id];
        bool tcp = connection.Original.Protocol == IpProtocol.Tcp, sctp = connection.Original.Protocol == IpProtocol.Sctp;
        return new ConnectionView(connection.Original, connection.Reply, connection.Status, tcp && !IsLru ? connection.Protocol.Tcp : default, connection.Mark, connection.ExpiresMs)
        {
            Sctp = sctp && !IsLru ? connection.Protocol.Sctp : default,
            Cilium = tcp && IsLru ? connection.Protocol.Cilium : default,
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
    public ConntrackStatus StatusOf(int id) => _chains[id].Status;

    /// <summary>The mark of a connection (<c>CONNMARK</c>).</summary>
    public uint MarkOf(int id) => _chains[id].Mark;

    /// <summary>Sets the mark of a connection.</summary>
    public void SetMark(int id, uint mark) => _chains[id].Mark = mark;

    /// <summary>The tuples of a connection; IPv4 as <c>::ffff:a.b.c.d</c>.</summary>
    public void Tuples(int id, out FlowKeyV6 original, out FlowKeyV6 reply) => (original, reply) = (_chains[id].Original, _chains[id].Reply);

    /// <summary>Whole seconds until a connection ends without packets; 0 for one that is not confirmed.</summary>
    public uint SecondsLeft(int id, long nowMs)
    {
        ref Connection connection = ref _chains[id];
        int left = (int)(connection.ExpiresMs - (uint)nowMs);
        return connection.Has(ConntrackStatus.Confirmed) && left > 0 ? (uint)left / 1000 : 0;
    }

    /// <summary>
    /// Gives back the room of connections whose time is over, looking at the next <paramref name="budget"/> places: the kernel's garbage collector,
    /// a slice of it. Under <see cref="EvictionPolicy.Linux"/> some others go too while the table is nearly full.
    /// </summary>
    /// <returns>How many went.</returns>
    public int Collect(long nowMs, int budget = 1024)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _nowMs = nowMs;
        _chains.Reclaim();
        int collected = 0;
        int looks = Math.Min(budget, _chains.HighMark);
        for (int looked = 0; looked < looks; looked++)
        {
            if (looked % PlacesAhead == 0)
                PrepareCollection(Math.Min(PlacesAhead, looks - looked), (uint)nowMs);
            _hand = _hand + 1 < _chains.HighMark ? _hand + 1 : 0;
            ref Connection connection = ref _chains[_hand];
            bool over = connection.IsOver((uint)nowMs), goes = connection.IsLive && (over || IsInTheWay(connection));
            _pressed = Math.Max(0, _pressed - 1);
            if (!goes)
                continue;
            Remove(_hand);
            Evicted += over ? 0 : 1;
            collected++;
        }

        return collected;
    }

    /// <summary>Gives the memory back. Calling it twice is harmless; every later packet is an <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _sources.Dispose();
        _extras.Dispose();
        _chains.Dispose();
    }

    /// <summary>Puts a connection in as given, without the packets that lead to it.</summary>
    internal int Add(in FlowKeyV6 original, ConntrackStatus status, uint expiresMs)
    {
        int id = _chains.Take();
        Count++;
        ref Connection connection = ref _chains[id];
        ConnectionKeys.TryInvert(original, out connection.Reply);
        (connection.Original, connection.Status, connection.ExpiresMs) = (original, status, expiresMs);
        Insert(id, BucketOf(connection.Original), BucketOf(connection.Reply));
        return id;
    }

    private bool IsLru => _options.Eviction == EvictionPolicy.Lru;

    private uint BucketOf(in FlowKeyV6 tuple)
    {
        uint hash = _options.UsesKernelHash
            ? ConntrackHash.Of(tuple, 0, _seed, _key1)
            : (uint)(FlowKeyV6.Hash(tuple, _seed) >> 32);
        return ConntrackHash.Bucket(hash, _chains.Buckets);
    }

    /// <summary>The link of a tuple; what is over on the way goes.</summary>
    private int Find(in FlowKeyV6 tuple, uint nowMs) => Find(tuple, BucketOf(tuple), nowMs);

    private int Find(in FlowKeyV6 tuple, uint bucket, uint nowMs) => Find(tuple, bucket, nowMs, out _);

    /// <summary>The same, and how many links stand before it, or at all.</summary>
    private int Find(in FlowKeyV6 tuple, uint bucket, uint nowMs, out int before)
    {
        before = 0;
        for (int link = _chains.Head(bucket); link != TupleChains.End;)
        {
            int next = _chains.Next(link);
            bool over = _chains[link >> 1].IsOver(nowMs);
            if (FlowKeyV6.AreEqual(_chains.TupleOf(link), tuple) && !over)
                return link;
            if (over)
            {
                // Both of its links may stand in this chain.
                Remove(link >> 1);
                next = _chains.Head(bucket);
                before = -1;
            }

            link = next;
            before++;
        }

        return TupleChains.End;
    }

    private void Insert(int id, uint originalBucket, uint replyBucket)
    {
        ref Connection connection = ref _chains[id];
        _chains.Link(id * 2, originalBucket);
        _chains.Link((id * 2) + 1, replyBucket);
        connection.Status |= ConntrackStatus.Confirmed;
        _extras.Start(id, _nowMs);
        if (connection.Has(ConntrackStatus.SourceNat))
            _sources.Link(id, SourceBucket(connection.Original));
    }

    private static ulong Seed()
    {
        ulong seed = 0;
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref seed)));
        return seed;
    }

    private void Remove(int id)
    {
        ref Connection connection = ref _chains[id];
        if (connection.Has(ConntrackStatus.Confirmed))
        {
            _chains.Unlink(id * 2, BucketOf(connection.Original));
            _chains.Unlink((id * 2) + 1, BucketOf(connection.Reply));
            if (connection.Has(ConntrackStatus.SourceNat))
                _sources.Unlink(id, SourceBucket(connection.Original));
        }

        connection.Status |= ConntrackStatus.Dying;
        _extras.Stop(id, connection.ExpiresMs, _nowMs);
        _chains.Retire(id);
        Count--;
    }
}
