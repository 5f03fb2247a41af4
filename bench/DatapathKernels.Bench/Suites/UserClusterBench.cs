using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Input;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Datapaths;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does a whole node of the reader's own cluster (<c>--services</c>) cost a packet from a pod to a Service, by the way it does Services? With <c>--policies</c>, with
/// and without them; with <c>--capture</c>, services are drawn as often as it has packets to them.
/// </summary>
[MeasuredIn("ns/packet")]
[NeedsInput(Services = true)]
public class UserClusterBench : IDisposable
{
    private const int Bursts = 32, Asked = Bursts * ClusterTraffic.Burst, Spare = 64 * Asked;

    private readonly PacketFate[] _fates = new PacketFate[ClusterTraffic.Burst];
    private NodeDatapath? _node;
    private ClusterTraffic? _traffic;
    private long _nowMs;

    /// <summary>How Services are done.</summary>
    [Params(DatapathMode.Iptables, DatapathMode.IptablesVector, DatapathMode.IptablesIndexed, DatapathMode.Nftables, DatapathMode.Ipvs, DatapathMode.Ebpf)]
    public DatapathMode Mode { get; set; }

    /// <summary>How packets reach other nodes.</summary>
    [Params(OverlayKind.None, OverlayKind.Vxlan, OverlayKind.Geneve)]
    [Quick(OverlayKind.None)]
    public OverlayKind Overlay { get; set; }

    /// <summary>The reader's network policies: without them, and with them where there are some.</summary>
    [ParamsSource(nameof(Policies))]
    public bool Policy { get; set; }

    public static IEnumerable<bool> Policies => ClusterInput.Files(ClusterInput.PoliciesVariable) is null ? [false] : [false, true];

    [GlobalSetup]
    public void Setup()
    {
        ClusterInput input = ClusterInput.FromEnvironment();
        _node = NodeDatapath.Build(input.Cluster, new NodeOptions
        {
            Mode = Mode,
            NodeName = input.Node.Name,
            Overlay = Overlay,
            Connections = (ClusterDraw.MostGroups * ClusterTraffic.Burst) + Spare,
            Policies = Policy ? input.Policies : null,
            Eviction = Conntrack.EvictionPolicy.LeastUseful,
        });
        _traffic = new ClusterTraffic(_node, input.Groups, Bursts);
        int opened = _traffic.Open(_nowMs = 1000);
        if (opened != _traffic.Known || Established() != Asked || First() != Asked)
            throw new InvalidOperationException($"every packet was expected to reach a backend; {opened} of {_traffic.Known} connections opened");
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _node?.Dispose();
        _traffic?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Packets of connections that are known, 32 of one pod a call.</summary>
    [Benchmark(OperationsPerInvoke = Asked, Baseline = true)]
    public int Established()
    {
        _traffic!.PrepareKnown();
        return Run();
    }

    /// <summary>First packets of new connections; the collectors' work on older ones is counted too.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public int First()
    {
        _traffic!.PrepareNew();
        int done = Run();
        _nowMs += 120_000 / 32;
        _node!.Collect(_nowMs, 2 * Asked);
        return done;
    }

    /// <summary>What both spend on bringing the frames back: to be taken off.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public int Restore()
    {
        _traffic!.PrepareKnown();
        return Asked;
    }

    private int Run()
    {
        int done = 0;
        for (int burst = 0; burst < Bursts; burst++)
        {
            _node!.Datapath.Process(_traffic!.Arena.Burst(burst * ClusterTraffic.Burst, ClusterTraffic.Burst), _traffic.InterfaceOf(burst), _nowMs, _fates);
            foreach (PacketFate fate in _fates)
                done += fate.Kind is FateKind.Forwarded or FateKind.Delivered ? 1 : 0;
        }

        return done;
    }
}
