using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Input;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does the first packet of a connection to a Service cost, as the cluster grows? kube-proxy's iptables rules walked
/// one by one as the kernel does, against the two dictionaries of .NET asked for the same services.
/// </summary>
/// <remarks>
/// The same packets for all three: from random pods to random services, drawn evenly, so that the walk passes half of the
/// services on average. The walk is the whole job, from PREROUTING to the rewritten headers; a dictionary only finds the
/// service and leaves the choice of an endpoint and the rewrite to do (some 10 ns that do not grow with the cluster).
/// </remarks>
[MeasuredIn("ns/packet")]
public class ServiceLookupBench : IDisposable
{
    // All packets of a call; fewer for the walk, which takes tens of microseconds a packet in the largest cluster. It goes
    // on where the last call ended, so that every service's turn comes.
    private const int Packets = 4096;
    private const int WalkedPackets = 64;

    private ServiceMaps<ServiceKeyV4>? _maps;
    private RuleWalk? _walk;
    private ChainId _prerouting;

    /// <summary>Number of services, of one port and three endpoints each.</summary>
    [Params(
        10,      // every rule and every key in L1
        100,     // a small cluster: rules about the size of L1
        1000,    // a usual one: rules in L2
        5000,    // where iptables starts to be felt: dispatch rules about the size of L2
        10000,   // dispatch rules in L3, dictionary about the size of L2
        30000)]  // the largest that kube-proxy is tested with: dispatch rules in L3, all rules beyond it
    [Quick(10, 1000, 10000)]
    public int Services { get; set; }

    [GlobalSetup(Targets = [nameof(Dictionary), nameof(FrozenDictionary)])]
    public void SetupMaps()
    {
        ClusterRules cluster = new(Services);
        FrameList frames = cluster.Traffic(Packets, out int[] services);
        _maps = new(cluster.Keys, [.. frames.KeysV4.Select(flow => ServiceKeyV4.Of(flow))], services);
    }

    [GlobalSetup(Target = nameof(IptablesLinear))]
    public void SetupRules()
    {
        ClusterRules cluster = new(Services);
        _walk = new(new LinearMatcher(cluster.Rules()), cluster.Traffic(Packets, out int[] services));
        _prerouting = _walk.Chain(TableKind.Nat, "PREROUTING");
        for (int i = 0; i < Packets; i++)
            _walk.Check(_prerouting, i, cluster.EndpointsOf(services[i]));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _walk?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>nat/PREROUTING to DNAT, rule by rule: O(services).</summary>
    [Benchmark(OperationsPerInvoke = WalkedPackets)]
    public int IptablesLinear() => _walk!.Walk(_prerouting, WalkedPackets);

    /// <summary>Destination, port and protocol to service: O(1).</summary>
    [Benchmark(OperationsPerInvoke = Packets, Baseline = true)]
    public int Dictionary() => _maps!.AskDictionary(0, Packets);

    /// <summary>The same, frozen: built slowly to be read fast.</summary>
    [Benchmark(OperationsPerInvoke = Packets)]
    public int FrozenDictionary() => _maps!.AskFrozen(0, Packets);
}
