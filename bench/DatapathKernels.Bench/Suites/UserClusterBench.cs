using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Input;
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
    private const int Bursts = 32, Asked = Bursts * ClusterTraffic.Burst;

    private UserNode? _node;

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
    public void Setup() => _node = new UserNode(ClusterInput.FromEnvironment(), Mode, Overlay, Policy, Bursts);

    [GlobalCleanup]
    public void Dispose()
    {
        _node?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Packets of connections that are known, 32 of one pod a call.</summary>
    [Benchmark(OperationsPerInvoke = Asked, Baseline = true)]
    public int Established() => _node!.Established();

    /// <summary>First packets of new connections; the collectors' work on older ones is counted too.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public int First() => _node!.First();

    /// <summary>What both spend on bringing the frames back: to be taken off.</summary>
    [Benchmark(OperationsPerInvoke = Asked)]
    public int Restore()
    {
        _node!.PrepareKnown();
        return Asked;
    }
}
