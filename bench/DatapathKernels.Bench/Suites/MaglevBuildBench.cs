using BenchmarkDotNet.Attributes;
using DatapathKernels.LoadBalancing;

namespace DatapathKernels.Bench.Suites;

/// <summary>How long does a new table take when a backend comes or goes? Every form fills about 65,537 slots.</summary>
[MeasuredIn("ns/table")]
public class MaglevBuildBench
{
    private readonly CiliumMaglev _cilium = new();
    private string[] _names = [];
    private CiliumBackend[] _backends = [];
    private KatranBackend[] _reals = [];

    /// <summary>Number of backends.</summary>
    [Params(
        10,     // a common Service
        1000)]  // a large one: permutations of many backends collide early
    [Quick(1000)]
    public int Backends { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _names = MaglevBackends.Names(Backends);
        _backends = MaglevBackends.Cilium(Backends);
        _reals = MaglevBackends.Katran(Backends);
        foreach (MaglevTable table in (MaglevTable[])[Paper(), Cilium(), KatranV1(), KatranV2()])
        {
            int[] counts = table.SlotCounts();
            if (counts.Sum() != table.Size || counts.Max() - counts.Min() > 1)
                throw new InvalidOperationException($"shares from {counts.Min()} to {counts.Max()} slots; equal weights differ by one at most");
        }
    }

    /// <summary>The paper's table, 65,537 slots.</summary>
    [Benchmark(Baseline = true)]
    public MaglevTable Paper() => PaperMaglev.Build(_names);

    /// <summary>Cilium's, 65,521 slots: the largest it has near that.</summary>
    [Benchmark]
    [FullOnly]
    public MaglevTable Cilium() => _cilium.Build(_backends, 65_521);

    /// <summary>Katran's first form.</summary>
    [Benchmark]
    [FullOnly]
    public MaglevTable KatranV1() => KatranMaglev.Build(_reals);

    /// <summary>Katran's second form.</summary>
    [Benchmark]
    [FullOnly]
    public MaglevTable KatranV2() => KatranMaglev.BuildV2(_reals);
}
