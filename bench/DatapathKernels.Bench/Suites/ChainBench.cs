using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Running;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does kube-proxy's nat table cost a connection's first packet, by how the rules are searched: one by one, in columns,
/// by an index? The same rules, packets, draws, verdicts, rewritten bytes and counters for all of them.
/// </summary>
/// <remarks>
/// From PREROUTING to the rewritten headers. <see cref="Restore"/> says how much of it is the harness bringing the frames back.
/// </remarks>
[MeasuredIn("ns/packet")]
public class ChainBench : IDisposable
{
    private const int Packets = 4096, Bursts = 16, Few = Bursts * ChainTraffic.BurstFrames;

    private readonly PacketMeta[] _metas = new PacketMeta[ChainTraffic.BurstFrames];
    private readonly PacketVerdict[] _verdicts = new PacketVerdict[ChainTraffic.BurstFrames];
    private PacketRandom _random = new(1);
    private ChainMatcher? _matcher;
    private ChainTraffic? _traffic;
    private ChainId _prerouting;

    /// <summary>Number of services, of one port and three endpoints each.</summary>
    [Params(
        10,      // everything in L1
        100,     // dispatch rules in L1, the others in L2
        1000,    // a usual cluster
        5000,    // where iptables starts to be felt
        10000,   // 110,000 rules: beyond L2
        30000)]  // 330,000 rules: the largest kube-proxy is tested with
    [Quick(10, 10000)]
    public int Services { get; set; }

    /// <summary>False: to services, drawn evenly. True: to an address that is none, past every dispatch rule.</summary>
    [Params(false, true)]
    [Quick(false)]
    public bool Miss { get; set; }

    [GlobalSetup(Target = nameof(Linear))]
    public void SetupLinear() => Setup(rules => new LinearMatcher(rules));

    [GlobalSetup(Target = nameof(Vector))]
    public void SetupVector() => Setup(rules => new VectorMatcher(rules));

    [GlobalSetup(Targets = [nameof(Indexed), nameof(IndexedBurst), nameof(Restore)])]
    public void SetupIndexed() => Setup(rules => new IndexedMatcher(rules));

    [GlobalCleanup]
    public void Dispose()
    {
        _matcher?.Dispose();
        _traffic?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Rule by rule, as the kernel: O(services).</summary>
    [Benchmark(OperationsPerInvoke = ChainTraffic.BurstFrames, Baseline = true)]
    public int Linear() => Walk(1);

    /// <summary>In columns, 64 rules a step: O(services).</summary>
    [Benchmark(OperationsPerInvoke = ChainTraffic.BurstFrames)]
    public int Vector() => Walk(1);

    /// <summary>By the index, one packet a call: O(1).</summary>
    [Benchmark(OperationsPerInvoke = Few)]
    public int Indexed() => Walk(Bursts);

    /// <summary>By the index, 32 packets a call: O(1).</summary>
    [Benchmark(OperationsPerInvoke = Few)]
    public int IndexedBurst()
    {
        int accepted = 0;
        for (int i = 0; i < Bursts; i++)
        {
            PacketBurst burst = Next(out ReadOnlySpan<PacketInfo> infos);
            _matcher!.EvaluateBurst(_prerouting, burst, infos, _metas, ref _random, _verdicts);
            accepted += _verdicts[0].Kind == VerdictKind.Accept ? 1 : 0;
        }

        return accepted;
    }

    /// <summary>Bringing the frames back, which is part of every other number.</summary>
    [Benchmark(OperationsPerInvoke = Few)]
    [FullOnly]
    public int Restore()
    {
        int count = 0;
        for (int i = 0; i < Bursts; i++)
            count += Next(out _).Count;
        return count;
    }

    private int Walk(int bursts)
    {
        int accepted = 0;
        for (int i = 0; i < bursts; i++)
        {
            PacketBurst burst = Next(out ReadOnlySpan<PacketInfo> infos);
            for (int packet = 0; packet < burst.Count; packet++)
                _matcher!.Evaluate(_prerouting, burst[packet], infos[packet], ref _metas[packet], ref _random, out _verdicts[packet]);
            accepted += _verdicts[0].Kind == VerdictKind.Accept ? 1 : 0;
        }

        return accepted;
    }

    private PacketBurst Next(out ReadOnlySpan<PacketInfo> infos)
    {
        PacketBurst burst = _traffic!.Next();
        infos = _traffic.Infos.AsSpan(burst.First, burst.Count);
        _metas.AsSpan().Fill(new PacketMeta { State = ConnectionStates.New });
        return burst;
    }

    /// <summary>Compiles, and compares every packet with the walk rule by rule: verdict, bytes, and counters at the end.</summary>
    private void Setup(Func<Ruleset, ChainMatcher> make)
    {
        ClusterRules cluster = new(Services);
        Ruleset rules = cluster.Rules();
        FrameList frames = Miss ? cluster.OtherTraffic(Packets) : cluster.Traffic(Packets, out _);
        _traffic = new ChainTraffic(frames);
        _matcher = make(rules);
        _prerouting = Find(_matcher);
        using LinearMatcher linear = new(rules);
        Check(linear, frames);
        if (_matcher is IndexedMatcher)
            CodeSettling.Run(() =>
            {
                Indexed();
                IndexedBurst();
            });
    }

    private void Check(LinearMatcher linear, FrameList frames)
    {
        ChainId prerouting = Find(linear);
        PacketRandom draws = new(1);
        for (int done = 0; done < Math.Min(frames.Count, Few); done += ChainTraffic.BurstFrames)
        {
            PacketBurst burst = Next(out ReadOnlySpan<PacketInfo> infos);
            _matcher!.EvaluateBurst(_prerouting, burst, infos, _metas, ref _random, _verdicts);
            for (int i = 0; i < burst.Count; i++)
            {
                Span<byte> frame = frames.Take(done + i);
                PacketMeta meta = new() { State = ConnectionStates.New };
                linear.Evaluate(prerouting, frame, infos[i], ref meta, ref draws, out PacketVerdict verdict);
                bool translated = verdict.Destination.Kind == NatKind.Dnat;
                if (translated == Miss || _verdicts[i].Kind != verdict.Kind || !burst[i].SequenceEqual(frame))
                    throw new InvalidOperationException($"packet {done + i}: {_verdicts[i].Kind}, expected {verdict.Kind} and the bytes of the walk rule by rule");
            }
        }
    }

    private static ChainId Find(ChainMatcher matcher) => matcher.Find(TableKind.Nat, "PREROUTING", out ChainId chain)
        ? chain
        : throw new InvalidOperationException("the rules have no chain nat/PREROUTING");
}
