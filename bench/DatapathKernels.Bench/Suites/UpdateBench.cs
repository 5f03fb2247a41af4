using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Input;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does a change of one service cost the indexed matcher: its chains replaced, or everything compiled again? And what do
/// packets cost where chains were replaced?
/// </summary>
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
    private Table[] _changes = [];
    private string[][] _removed = [];
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
        MakeChanges();
        for (int i = 0; i < Updates; i++)
            _ = OneEndpoint();
    }

    [GlobalSetup(Target = nameof(PacketsAfter))]
    public void SetupPackets()
    {
        Setup();
        _traffic = new ChainTraffic(new ClusterRules(Services).Traffic(Packets, out _));
        Replace(_changes.Length);
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
            int change = _next++ % _changes.Length;
            if (!_matcher.TryReplace(_changes[change], _removed[change]))
                throw new InvalidOperationException($"update {_next}: no room left");
        }

        return _next;
    }

    /// <summary>
    /// For up to 512 services: another chain for the first endpoint and the service's chain that jumps there, then the same
    /// back. One after the other they can be applied round and round.
    /// </summary>
    private void MakeChanges()
    {
        Table nat = _rules[TableKind.Nat]!;
        Chain[] services = [.. nat.Chains.Where(c => c.Name.StartsWith("KUBE-SVC-", StringComparison.Ordinal) && Endpoint(c) is not null).Take(512)];
        List<Table> changes = [];
        List<string[]> removed = [];
        foreach (bool back in new[] { false, true })
        {
            foreach (Chain service in services)
            {
                string was = Endpoint(service)!, other = was[..^1] + "_";
                (string from, string to) = back ? (other, was) : (was, other);
                Table change = new(TableKind.Nat);
                Chain endpoint = change.Add(to), copy = change.Add(service.Name);
                foreach (Rule rule in nat.Find(was)!.Rules)
                    endpoint.Add(rule);
                foreach (Rule rule in service.Rules)
                    copy.Add(rule.Target is JumpTarget jump && jump.Chain == was ? new Rule([.. rule.Matches], jump with { Chain = to }) : rule);
                changes.Add(change);
                removed.Add([from]);
            }
        }

        _changes = [.. changes];
        _removed = [.. removed];
    }

    private static string? Endpoint(Chain service) =>
        service.Rules.Select(r => (r.Target as JumpTarget)?.Chain).FirstOrDefault(c => c?.StartsWith("KUBE-SEP-", StringComparison.Ordinal) == true);
}
