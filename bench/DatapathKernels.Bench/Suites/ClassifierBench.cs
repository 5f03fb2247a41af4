using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Input;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does it cost to find the first of many rules that matches, where rules are of every kind: prefixes of all lengths on
/// both sides, ranges of ports, protocols? The packet classification problem, in one iptables chain.
/// </summary>
/// <remarks>From the parsed packet to the verdict and the rule's counters; no frame is changed.</remarks>
[MeasuredIn("ns/packet")]
public class ClassifierBench : IDisposable
{
    private const int Packets = 4096, Burst = 32, Few = 64;

    private readonly PacketMeta[] _metas = new PacketMeta[Burst];
    private readonly PacketVerdict[] _verdicts = new PacketVerdict[Burst];
    private PacketRandom _random = new(1);
    private PacketArena? _arena;
    private PacketInfo[] _infos = [];
    private ChainMatcher? _matcher;
    private ChainId _input;
    private int _next;

    /// <summary>acl, fw, ipc: an access list, a firewall, a host's chain made from a seed. With a digit: as published with ClassBench.</summary>
    [ParamsSource(nameof(Sets))]
    [Quick("acl")]
    public string Set { get; set; } = "acl";

    /// <summary>Number of rules.</summary>
    [Params(
        100,     // everything in L1
        1000,    // the index in L2
        10000)]  // half a megabyte of rules alone
    [Quick(10000)]
    public int Rules { get; set; }

    /// <summary>The rule sets there are.</summary>
    public static IEnumerable<string> Sets => ClassifierSet.Names;

    [GlobalSetup(Target = nameof(Linear))]
    public void SetupLinear() => Setup(rules => new LinearMatcher(rules));

    [GlobalSetup(Target = nameof(Vector))]
    public void SetupVector() => Setup(rules => new VectorMatcher(rules));

    [GlobalSetup(Targets = [nameof(Indexed), nameof(IndexedBurst)])]
    public void SetupIndexed() => Setup(rules => new IndexedMatcher(rules));

    [GlobalCleanup]
    public void Dispose()
    {
        _matcher?.Dispose();
        _arena?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Rule by rule, as the kernel: O(rules).</summary>
    [Benchmark(OperationsPerInvoke = Few, Baseline = true)]
    public int Linear() => Walk(Few);

    /// <summary>In columns, 64 rules a step: O(rules).</summary>
    [Benchmark(OperationsPerInvoke = Few)]
    public int Vector() => Walk(Few);

    /// <summary>By the index, one packet a call.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    public int Indexed() => Walk(Packets);

    /// <summary>By the index, 32 packets a call.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    public int IndexedBurst()
    {
        int sum = 0;
        for (int done = 0; done < Packets; done += Burst)
        {
            _matcher!.EvaluateBurst(_input, _arena!.Burst(done, Burst), _infos.AsSpan(done, Burst), _metas, ref _random, _verdicts);
            sum += _verdicts[0].Rule;
        }

        return sum;
    }

    private int Walk(int packets)
    {
        int sum = 0;
        for (int done = 0; done < packets; done += Burst)
        {
            PacketBurst burst = _arena!.Burst(_next, Burst);
            for (int i = 0; i < Burst; i++)
            {
                _matcher!.Evaluate(_input, burst[i], _infos[_next + i], ref _metas[i], ref _random, out PacketVerdict verdict);
                sum += verdict.Rule;
            }

            _next = (_next + Burst) % Packets;
        }

        return sum;
    }

    /// <summary>Compiles, and holds every packet against the first rule that matches by the plain rules.</summary>
    private void Setup(Func<Ruleset, ChainMatcher> make)
    {
        ClassifierSet set = new(Set, Rules);
        FrameList frames = set.Packets(Packets, out int[] first);
        _arena = new PacketArena(Packets, 256);
        for (int i = 0; i < Packets; i++)
            _arena.TryAdd(frames.Original(i), frames.Link(i));
        _infos = [.. frames.Infos];
        _matcher = make(set.Ruleset());
        if (!_matcher.Find(TableKind.Filter, "INPUT", out _input))
            throw new InvalidOperationException("the rules have no chain filter/INPUT");
        for (int done = 0; done < Packets; done += Burst)
        {
            _matcher.EvaluateBurst(_input, _arena.Burst(done, Burst), _infos.AsSpan(done, Burst), _metas, ref _random, _verdicts);
            for (int i = 0; i < Burst; i++)
            {
                int found = _verdicts[i].Rule < 0 ? -1 : _matcher.RuleAt(_verdicts[i].Rule)!.Line - 1;
                if (found != first[done + i])
                    throw new InvalidOperationException($"packet {done + i}: rule {found}, expected {first[done + i]}");
            }
        }
    }
}
