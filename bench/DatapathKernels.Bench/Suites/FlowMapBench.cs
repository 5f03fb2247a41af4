using System.Collections.Concurrent;
using System.Collections.Frozen;
using BenchmarkDotNet.Attributes;
using DatapathKernels.Hashing;
using DatapathKernels.Maps;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does a lookup in a flow table cost, by its size, by how many lookups are in one call, and by how many of them find
/// something? Keys of 16 bytes, values of 8, the table full to its capacity, over a million queries in random order.
/// </summary>
[MeasuredIn("ns/lookup")]
public class FlowMapBench : IDisposable
{
    private const int Queries = 1 << 20, Asked = 4096, Burst = 32;

    private readonly ulong[] _values = new ulong[Asked], _hits = new ulong[Asked / 64];
    private FlowMap<RawKey<UInt128>, ulong>? _map;
    private Dictionary<UInt128, ulong> _dictionary = [];
    private FrozenDictionary<UInt128, ulong> _frozen = FrozenDictionary<UInt128, ulong>.Empty;
    private ConcurrentDictionary<UInt128, ulong> _concurrent = [];
    private RawKey<UInt128>[] _queries = [];
    private UInt128[] _plain = [];
    private int _next;

    /// <summary>Entries in the map.</summary>
    [Params(
        1024,      // 48 KiB: L1 and L2
        65536,     // 3 MiB: L3
        1048576,   // 48 MiB: memory
        4194304)]  // 192 MiB: memory, beyond what small pages' TLB covers
    [Quick(1048576)]
    public int Entries { get; set; }

    /// <summary>Percent of the queries that find a key.</summary>
    [Params(100, 50, 0)]
    [Quick(100)]
    public int Hits { get; set; }

    [GlobalSetup(Targets = [nameof(Lookup), nameof(LookupBurst), nameof(LookupStream)])]
    public void SetupMap()
    {
        _map = new FlowMap<RawKey<UInt128>, ulong>(Entries, seed: 1);
        for (int i = 0; i < Entries; i++)
        {
            if (_map.Update(new(FlowMapKeys.Key(i)), (ulong)i) != MapError.Ok)
                throw new InvalidOperationException($"entry {i} of {Entries} was refused");
        }

        _queries = [.. FlowMapKeys.Queries(Queries, Entries, Hits).Select(key => new RawKey<UInt128>(key))];
        int found = 0;
        for (int i = 0; i < Queries; i += Asked)
            found += _map.LookupStream(_queries.AsSpan(i, Asked), _values, _hits);
        if (found != (long)Queries * Hits / 100)
            throw new InvalidOperationException($"{found} of {Queries} queries found a key; expected {Hits} percent");
    }

    [GlobalSetup(Target = nameof(Dictionary))]
    public void SetupDictionary() => _dictionary = Filled();

    [GlobalSetup(Target = nameof(FrozenDictionary))]
    public void SetupFrozen() => _frozen = Filled().ToFrozenDictionary();

    [GlobalSetup(Target = nameof(ConcurrentDictionary))]
    public void SetupConcurrent() => _concurrent = new ConcurrentDictionary<UInt128, ulong>(Filled());

    [GlobalCleanup]
    public void Dispose()
    {
        _map?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>FlowMap, one key a call.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public ulong Lookup()
    {
        ulong sum = 0;
        foreach (ref readonly RawKey<UInt128> key in Next(_queries))
        {
            _map!.Lookup(key, out ulong value);
            sum += value;
        }

        return sum;
    }

    /// <summary>FlowMap, 32 keys a call.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public ulong LookupBurst()
    {
        ulong sum = 0;
        ReadOnlySpan<RawKey<UInt128>> keys = Next(_queries);
        for (int i = 0; i < keys.Length; i += Burst)
            sum += _map!.LookupBurst(keys.Slice(i, Burst), _values.AsSpan(0, Burst));
        return sum;
    }

    /// <summary>FlowMap, 4,096 keys a call.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public int LookupStream() => _map!.LookupStream(Next(_queries), _values, _hits);

    /// <summary>.NET's Dictionary.</summary>
    [Benchmark(OperationsPerInvoke = Asked, Baseline = true)]
    public ulong Dictionary()
    {
        ulong sum = 0;
        foreach (UInt128 key in Next(_plain))
            sum += _dictionary.GetValueOrDefault(key);
        return sum;
    }

    /// <summary>.NET's FrozenDictionary, built to be read.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    [FullOnly]
    public ulong FrozenDictionary()
    {
        ulong sum = 0;
        foreach (UInt128 key in Next(_plain))
            sum += _frozen.GetValueOrDefault(key);
        return sum;
    }

    /// <summary>.NET's ConcurrentDictionary, which too is read beside a writer.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    [FullOnly]
    public ulong ConcurrentDictionary()
    {
        ulong sum = 0;
        foreach (UInt128 key in Next(_plain))
            sum += _concurrent.GetValueOrDefault(key);
        return sum;
    }

    private Dictionary<UInt128, ulong> Filled()
    {
        Dictionary<UInt128, ulong> filled = new(Entries);
        for (int i = 0; i < Entries; i++)
            filled.Add(FlowMapKeys.Key(i), (ulong)i);
        _plain = FlowMapKeys.Queries(Queries, Entries, Hits);
        int found = _plain.Count(filled.ContainsKey);
        if (found != (long)Queries * Hits / 100)
            throw new InvalidOperationException($"{found} of {Queries} queries found a key; expected {Hits} percent");
        return filled;
    }

    private ReadOnlySpan<T> Next<T>(T[] queries)
    {
        int start = _next;
        _next = (_next + Asked) & (Queries - 1);
        return queries.AsSpan(start, Asked);
    }
}
