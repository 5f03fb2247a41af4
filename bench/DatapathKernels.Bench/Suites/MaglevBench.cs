using BenchmarkDotNet.Attributes;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does it cost to pick a backend the way Cilium and Katran do, flow hash and all? The table is 32 or 128 KiB, so this is
/// a matter of arithmetic, not of memory, and the number of backends does not show.
/// </summary>
[MeasuredIn("ns/flow")]
public class MaglevBench
{
    private const int Flows = 4096, Burst = 32;

    private readonly CiliumMaglev _cilium = new();
    private readonly int[] _picked = new int[Burst];
    private MaglevTable _table = null!, _ring = null!;
    private FlowKeyV4[] _keys = [];
    private FlowKeyV6[] _keysV6 = [];

    /// <summary>Number of backends.</summary>
    [Params(
        10,     // a common Service
        1000)]  // a large one
    [Quick(1000)]
    public int Backends { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _table = _cilium.Build(MaglevBackends.Cilium(Backends), 131_071);
        _ring = KatranMaglev.BuildV2(MaglevBackends.Katran(Backends));
        Random random = new(5);
        _keys = [.. Enumerable.Range(0, Flows).Select(_ => new FlowKeyV4((uint)random.Next(), 0x0a00600a, (ushort)random.Next(), 0x5000, IpProtocol.Tcp))];
        _keysV6 = [.. _keys.Select(key => new FlowKeyV6(MaglevBackends.Address(key.SourceBe), default, key.SourcePortBe, key.DestinationPortBe, IpProtocol.Tcp))];
        int[] seen = new int[Backends];
        foreach (FlowKeyV4 key in _keys)
            seen[_table.Lookup(_cilium.Hash(key))]++;
        if (seen.Max() > 20 + (2 * Flows / Backends))
            throw new InvalidOperationException($"one of {Backends} backends got {seen.Max()} of {Flows} flows");
    }

    /// <summary>Cilium, one flow a call.</summary>
    [Benchmark(OperationsPerInvoke = Flows, Baseline = true)]
    public int Lookup()
    {
        int sum = 0;
        foreach (ref readonly FlowKeyV4 key in _keys.AsSpan())
            sum += _table.Lookup(_cilium.Hash(key));
        return sum;
    }

    /// <summary>Cilium, bursts of 32.</summary>
    [Benchmark(OperationsPerInvoke = Flows)]
    public int LookupBurst()
    {
        int sum = 0;
        for (int i = 0; i < Flows; i += Burst)
        {
            _cilium.Lookup(_table, _keys.AsSpan(i, Burst), _picked);
            sum += _picked[0];
        }

        return sum;
    }

    /// <summary>Cilium, IPv6, bursts of 32.</summary>
    [Benchmark(OperationsPerInvoke = Flows)]
    [FullOnly]
    public int LookupBurstV6()
    {
        int sum = 0;
        for (int i = 0; i < Flows; i += Burst)
        {
            _cilium.Lookup(_table, _keysV6.AsSpan(i, Burst), _picked);
            sum += _picked[0];
        }

        return sum;
    }

    /// <summary>Katran, bursts of 32.</summary>
    [Benchmark(OperationsPerInvoke = Flows)]
    [FullOnly]
    public int KatranBurst()
    {
        int sum = 0;
        for (int i = 0; i < Flows; i += Burst)
        {
            KatranMaglev.Lookup(_ring, _keys.AsSpan(i, Burst), _picked);
            sum += _picked[0];
        }

        return sum;
    }
}
