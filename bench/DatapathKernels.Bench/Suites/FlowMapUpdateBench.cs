using BenchmarkDotNet.Attributes;
using DatapathKernels.Hashing;
using DatapathKernels.Maps;

namespace DatapathKernels.Bench.Suites;

/// <summary>What does changing a flow table cost, by its size? Insertions into a map that is emptied again, the rest at full.</summary>
[MeasuredIn("ns/update")]
public class FlowMapUpdateBench : IDisposable
{
    private const int Asked = 4096;

    // What one iteration moves where it cannot be repeated: long enough for the clock, half of the smallest map.
    private const int Moved = 32768;

    private const int Batch = 32;

    private readonly ulong[] _values = new ulong[Batch];
    private FlowMap<RawKey<UInt128>, ulong>? _map;
    private RawKey<UInt128>[] _keys = [];
    private int _next, _oldest;

    /// <summary>Entries in the map.</summary>
    [Params(
        65536,     // 3 MiB: L3
        1048576,   // 48 MiB: memory
        4194304)]  // 192 MiB: memory, beyond what small pages' TLB covers
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

    /// <summary>32,768 new keys into a map with room for them.</summary>
    [Benchmark(OperationsPerInvoke = Moved)]
    public MapError Insert()
    {
        MapError last = MapError.Ok;
        int first = _oldest + Entries - Moved;
        for (int i = 0; i < Moved; i++)
            last = _map!.Update(_keys[Index(first + i)], (ulong)i);
        return last;
    }

    /// <summary>The 32,768 oldest keys out of a full map.</summary>
    [Benchmark(OperationsPerInvoke = Moved)]
    public MapError Delete()
    {
        MapError last = MapError.Ok;
        for (int i = 0; i < Moved; i++)
            last = _map!.Delete(_keys[Index(_oldest + i)]);
        _oldest = Index(_oldest + Moved);
        return last;
    }

    /// <summary>Makes the room that <see cref="Insert"/> fills.</summary>
    [IterationSetup(Target = nameof(Insert))]
    public void MakeRoom() => Delete();

    /// <summary>Fills the room that <see cref="Delete"/> made.</summary>
    [IterationCleanup(Target = nameof(Delete))]
    public void FillRoom() => Insert();

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

    /// <summary>The same in batches: the 32 oldest keys out, 32 new ones in.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    [FullOnly]
    public MapError ChurnBatch()
    {
        MapError last = MapError.Ok;
        for (int i = 0; i < Asked; i += Batch)
        {
            _map!.DeleteBatch(_keys.AsSpan(_oldest, Batch), out _);
            last = _map.UpdateBatch(_keys.AsSpan(Index(_oldest + Entries), Batch), _values, out _);
            _oldest = Index(_oldest + Batch);
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
