using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Running;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Suites;

/// <summary>
/// What does a whole node cost a packet from a pod to a Service, by the way it does Services: the first packet of a connection, and a later one? From the frame that
/// comes in to the frame that goes out: parsed, tracked, translated, filtered, routed, packed into a tunnel.
/// </summary>
[MeasuredIn("ns/packet")]
public class DatapathBench : IDisposable
{
    private const int Asked = 2048, Spare = 64 * Asked;

    private readonly PacketFate[] _fates = new PacketFate[DatapathTraffic.Burst];
    private NodeDatapath? _node;
    private DatapathTraffic? _traffic;
    private long _nowMs, _readAt;

    /// <summary>How Services are done.</summary>
    [Params(DatapathMode.Iptables, DatapathMode.IptablesIndexed, DatapathMode.Nftables, DatapathMode.Ipvs, DatapathMode.Ebpf)]
    public DatapathMode Mode { get; set; }

    /// <summary>Services of the cluster, of four endpoints each.</summary>
    [Params(100, 1000, 10000, 30000)]
    [Quick(1000)]
    public int Services { get; set; }

    /// <summary>Connections there are.</summary>
    [Params(1000, 1_000_000)]
    [Quick(1000)]
    public int Flows { get; set; }

    /// <summary>How packets reach other nodes.</summary>
    [Params(OverlayKind.None, OverlayKind.Vxlan)]
    [Quick(OverlayKind.None)]
    public OverlayKind Overlay { get; set; }

    /// <summary>Network policies that isolate every pod and allow this traffic.</summary>
    [Params(false, true)]
    [Quick(false)]
    public bool Policy { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        Cluster cluster = ClusterGenerator.Generate(new ClusterOptions { Services = Services, UdpShare = 0 });
        _node = NodeDatapath.Build(cluster, new NodeOptions
        {
            Mode = Mode,
            Overlay = Overlay,
            Connections = Flows + Spare,
            Policies = Policy ? OpenPolicies.For(cluster, cluster.Nodes[0]) : null,
            Eviction = Conntrack.EvictionPolicy.LeastUseful,
        });
        _traffic = new DatapathTraffic(cluster, _node, Flows, Asked);
        _readAt = Stopwatch.GetTimestamp();
        if (_traffic.Open(_nowMs = 1000) != Flows || Established() != Asked || First() != Asked)
            throw new InvalidOperationException("every packet was expected to reach a backend");
        CodeSettling.Run(() =>
        {
            Established();
            First();
        });
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _node?.Dispose();
        _traffic?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Segments of connections that are known, in random order, 32 a call. Time passes as it does: what is done once a second is done once a second.</summary>
    [Benchmark(OperationsPerInvoke = Asked, Baseline = true)]
    public int Established()
    {
        _traffic!.PrepareKnown();
        FollowClock();
        return Run();
    }

    /// <summary>SYNs of new connections, 32 a call; the collectors' work on older ones is counted too.</summary>
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
    [FullOnly]
    public int Restore()
    {
        _traffic!.PrepareKnown();
        return Asked;
    }

    /// <summary>Lets the node's time go on by whole milliseconds that passed.</summary>
    private void FollowClock()
    {
        long passedMs = (long)Stopwatch.GetElapsedTime(_readAt).TotalMilliseconds;
        _nowMs += passedMs;
        _readAt += passedMs * Stopwatch.Frequency / 1000;
    }

    private int Run()
    {
        int done = 0;
        for (int i = 0; i < Asked; i += DatapathTraffic.Burst)
        {
            _node!.Datapath.Process(_traffic!.Arena.Burst(i, DatapathTraffic.Burst), _traffic.Interface, _nowMs, _fates);
            foreach (PacketFate fate in _fates)
                done += fate.Kind is FateKind.Forwarded or FateKind.Delivered ? 1 : 0;
        }

        return done;
    }
}
