using BenchmarkDotNet.Attributes;
using DatapathKernels.Hashing;
using DatapathKernels.Maps;

namespace DatapathKernels.Bench.Suites;

/// <summary>What does changing a flow table cost, by its size? Insertions into a map that is emptied again, the rest at full.</summary>
[MeasuredIn("ns/update")]
public class FlowMapUpdateBench : IDisposable
{
    private const int Asked = 4096;

    private FlowMap<RawKey<UInt128>, ulong>? _map;
    private RawKey<UInt128>[] _keys = [];
    private int _next, _oldest;

    /// <summary>Entries in the map.</summary>
    [Params(
        65536,     // 3 MiB: L3
        1048576)]  // 48 MiB: memory
    [Quick(1048576)]
    public int Entries { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _map = new FlowMap<RawKey<UInt128>, ulong>(Entries, seed: 1);
        int[] order = [.. Enumerable.Range(0, Entries * 2)];
        new Random(9).Shuffle(order);
        _keys = [.. order.Select(i => new RawKey<UInt128>(FlowMapKeys.Key(i)))];
        for (int i = 0; i < Entries; i++)
            Check(_map.Update(_keys[i], (ulong)i), MapError.Ok);
        Check(_map.Update(_keys[Entries], 0), MapError.TooBig);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _map?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A new value for a key that is there.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public MapError UpdateExisting()
    {
        MapError last = MapError.Ok;
        for (int i = 0; i < Asked; i++)
            last = _map!.Update(_keys[Index(_oldest + _next + i)], (ulong)i);
        _next = (_next + Asked) % Entries;
        return last;
    }

    /// <summary>4,096 deletions and 4,096 insertions of the same keys: ns for one of each.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public MapError DeleteInsert()
    {
        for (int i = 0; i < Asked; i++)
            _map!.Delete(_keys[Index(_oldest + _next + i)]);
        MapError last = MapError.Ok;
        for (int i = 0; i < Asked; i++)
            last = _map!.Update(_keys[Index(_oldest + _next + i)], (ulong)i);
        _next = (_next + Asked) % Entries;
        return last;
    }

    /// <summary>At full, the oldest key out and a new one in: ns for both.</summary>
    [Benchmark(OperationsPerInvoke = Asked, Baseline = true)]
    public MapError Churn()
    {
        MapError last = MapError.Ok;
        for (int i = 0; i < Asked; i++)
        {
            _map!.Delete(_keys[_oldest]);
            last = _map.Update(_keys[Index(_oldest + Entries)], (ulong)i);
            _oldest = Index(_oldest + 1);
        }

        return last;
    }

    private int Index(int i) => i % (Entries * 2);

    private static void Check(MapError actual, MapError expected)
    {
        if (actual != expected)
            throw new InvalidOperationException($"the map answered {actual}, expected {expected}");
    }
}
