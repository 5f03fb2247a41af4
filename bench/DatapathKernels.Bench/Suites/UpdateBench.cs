using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Running;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does a change of one service cost the indexed matcher: its chains replaced, or everything compiled again? And what do
/// packets cost where chains were replaced?
/// </summary>
/// <remarks>Updates of a node that runs: what the first ones cost more, while the runtime compiles their code, is left out.</remarks>
[MeasuredIn("ns/update")]
public class UpdateBench : IDisposable
{
    private const int Updates = 16, Packets = 4096;

    private readonly PacketMeta[] _metas = new PacketMeta[ChainTraffic.BurstFrames];
    private readonly PacketVerdict[] _verdicts = new PacketVerdict[ChainTraffic.BurstFrames];
    private PacketRandom _random = new(1);
    private Ruleset _rules = null!;
    private IndexedMatcher _matcher = null!;
    private ChainTraffic _traffic = null!;
    private EndpointChanges _changes = null!;
    private int _next;

    /// <summary>Number of services, of one port and three endpoints each.</summary>
    [Params(10, 1000, 10000, 30000)]
    [Quick(1000)]
    public int Services { get; set; }

    [GlobalSetup(Targets = [nameof(FullReload), nameof(OneEndpoint)])]
    public void Setup()
    {
        ClusterRules cluster = new(Services);
        _rules = cluster.Rules();
        _matcher = new IndexedMatcher(_rules);
        _changes = new EndpointChanges(_rules[TableKind.Nat]!);
        // The first update counts all jumps, and its code is compiled in steps: a node that runs has both behind it.
        CodeSettling.Run(() => OneEndpoint());
    }

    [GlobalSetup(Target = nameof(PacketsAfter))]
    public void SetupPackets()
    {
        Setup();
        _traffic = new ChainTraffic(new ClusterRules(Services).Traffic(Packets, out _));
        Replace(_changes.Count);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _matcher?.Dispose();
        _traffic?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The whole ruleset compiled again (parsing not included).</summary>
    [Benchmark(Baseline = true)]
    public long FullReload()
    {
        using IndexedMatcher fresh = new(_rules);
        return fresh.Bytes;
    }

    /// <summary>One service's chain and one endpoint's replaced; the endpoint that was there before removed.</summary>
    [Benchmark(OperationsPerInvoke = Updates)]
    public int OneEndpoint() => Replace(Updates);

    /// <summary>ns/packet: kube-proxy's nat table in bursts, many of its services replaced once.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    public int PacketsAfter()
    {
        _matcher.Find(TableKind.Nat, "PREROUTING", out ChainId chain);
        int accepted = 0;
        for (int done = 0; done < Packets; done += ChainTraffic.BurstFrames)
        {
            PacketBurst burst = _traffic.Next();
            _metas.AsSpan().Fill(new PacketMeta { State = ConnectionStates.New });
            _matcher.EvaluateBurst(chain, burst, _traffic.Infos.AsSpan(burst.First, burst.Count), _metas, ref _random, _verdicts);
            accepted += _verdicts[0].Kind == VerdictKind.Accept ? 1 : 0;
        }

        return accepted;
    }

    private int Replace(int updates)
    {
        for (int i = 0; i < updates; i++)
        {
            if (!_changes.TryApply(_matcher, _next++))
                throw new InvalidOperationException($"update {_next}: no room left");
        }

        return _next;
    }
}
