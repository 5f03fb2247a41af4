using BenchmarkDotNet.Attributes;
using DatapathKernels.Hashing;
using DatapathKernels.Maps;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does a table that evicts cost: Linux's algorithm, the project's own, and the textbook's exact LRU? The table is full;
/// keys of 16 bytes, values of 8; lookups all hit, in random order.
/// </summary>
[MeasuredIn("ns/operation")]
public class LruBench : IDisposable
{
    private const int Queries = 1 << 20, Asked = 4096, Burst = 32;

    private readonly ulong[] _values = new ulong[Burst];
    private BpfLruMap<RawKey<UInt128>, ulong>? _bpf;
    private ClockFlowMap<RawKey<UInt128>, ulong>? _clock;
    private ExactLru _exact = new(1);
    private RawKey<UInt128>[] _queries = [];
    private int _next, _fresh;

    /// <summary>Entries in the map.</summary>
    [Params(
        1024,      // L1 and L2
        65536,     // L3
        1048576)]  // memory
    [Quick(65536)]
    public int Entries { get; set; }

    [GlobalSetup(Targets = [nameof(BpfLookup), nameof(BpfInsertEvict)])]
    public void SetupBpf()
    {
        _bpf = new BpfLruMap<RawKey<UInt128>, ulong>(Entries, 1, false, seed: 1);
        Fill((key, value) => _bpf.Update(key, value) == MapError.Ok);
    }

    [GlobalSetup(Targets = [nameof(ClockLookup), nameof(ClockLookupBurst), nameof(ClockInsertEvict)])]
    public void SetupClock()
    {
        _clock = new ClockFlowMap<RawKey<UInt128>, ulong>(Entries, seed: 1);
        Fill((key, value) => _clock.Update(key, value) == MapError.Ok);
        if (_clock.Count != Entries || _clock.Evictions != 0)
            throw new InvalidOperationException($"{_clock.Count} of {Entries} entries are there");
    }

    [GlobalSetup(Targets = [nameof(ExactLookup), nameof(ExactInsertEvict)])]
    public void SetupExact()
    {
        _exact = new ExactLru(Entries);
        Fill((key, value) => _exact.Insert(key.Value, value));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _bpf?.Dispose();
        _clock?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Linux's LRU hash: a lookup marks its entry.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public ulong BpfLookup()
    {
        ulong sum = 0;
        foreach (ref readonly RawKey<UInt128> key in Next())
        {
            _bpf!.Lookup(in key, out ulong value);
            sum += value;
        }

        return sum;
    }

    /// <summary>The project's clock: a lookup marks its entry.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    [FullOnly]
    public ulong ClockLookup()
    {
        ulong sum = 0;
        foreach (ref readonly RawKey<UInt128> key in Next())
        {
            _clock!.Lookup(in key, out ulong value);
            sum += value;
        }

        return sum;
    }

    /// <summary>The project's clock, 32 lookups a call.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public ulong ClockLookupBurst()
    {
        ulong sum = 0;
        ReadOnlySpan<RawKey<UInt128>> keys = Next();
        for (int i = 0; i < keys.Length; i += Burst)
            sum += _clock!.LookupBurst(keys.Slice(i, Burst), _values);
        return sum;
    }

    /// <summary>Dictionary and LinkedList: a lookup moves its entry to the front.</summary>
    [Benchmark(OperationsPerInvoke = Asked, Baseline = true)]
    public ulong ExactLookup()
    {
        ulong sum = 0;
        foreach (ref readonly RawKey<UInt128> key in Next())
            sum += _exact.Lookup(key.Value);
        return sum;
    }

    /// <summary>Linux's LRU hash, full: a new key in, an old one out.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public int BpfInsertEvict()
    {
        for (int i = 0; i < Asked; i++)
            _bpf!.Update(Fresh(), 1);
        return _bpf!.Count;
    }

    /// <summary>The project's clock, full: a new key in, an old one out.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public int ClockInsertEvict()
    {
        for (int i = 0; i < Asked; i++)
            _clock!.Update(Fresh(), 1);
        return _clock!.Count;
    }

    /// <summary>Dictionary and LinkedList, full: a new key in, the oldest out.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    [FullOnly]
    public int ExactInsertEvict()
    {
        for (int i = 0; i < Asked; i++)
            _exact.Insert(Fresh().Value, 1);
        return _exact.Count;
    }

    private void Fill(Func<RawKey<UInt128>, ulong, bool> insert)
    {
        for (int i = 0; i < Entries; i++)
        {
            if (!insert(new(FlowMapKeys.Key(i)), (ulong)i))
                throw new InvalidOperationException($"entry {i} of {Entries} was refused");
        }

        _fresh = Entries;
        _queries = [.. FlowMapKeys.Queries(Queries, Entries, 100).Select(key => new RawKey<UInt128>(key))];
    }

    private RawKey<UInt128> Fresh() => new(FlowMapKeys.Key(_fresh++));

    private ReadOnlySpan<RawKey<UInt128>> Next()
    {
        int start = _next;
        _next = (_next + Asked) & (Queries - 1);
        return _queries.AsSpan(start, Asked);
    }

    private sealed class ExactLru(int capacity)
    {
        private readonly Dictionary<UInt128, LinkedListNode<(UInt128 Key, ulong Value)>> _nodes = new(capacity);
        private readonly LinkedList<(UInt128 Key, ulong Value)> _order = new();

        public int Count => _nodes.Count;

        public ulong Lookup(UInt128 key)
        {
            if (!_nodes.TryGetValue(key, out LinkedListNode<(UInt128 Key, ulong Value)>? node))
                return 0;
            _order.Remove(node);
            _order.AddFirst(node);
            return node.Value.Value;
        }

        public bool Insert(UInt128 key, ulong value)
        {
            if (_nodes.Count == capacity)
            {
                _nodes.Remove(_order.Last!.Value.Key);
                _order.RemoveLast();
            }

            return _nodes.TryAdd(key, _order.AddFirst((key, value)));
        }
    }
}
