using System.Diagnostics;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Latency;
using DatapathKernels.Conntrack;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;

namespace DatapathKernels.Bench.Scenarios.Measuring;

/// <summary>A node in one of the modes, with connections from its pods to the cluster's Services: segments of known connections and first packets of new ones can be timed.</summary>
internal sealed class MeasuredNode : IMeasuredNode
{
    /// <summary>Packets of a batch: their frames fill half a small second-level cache and leave the rest to tables.</summary>
    public const int Batch = 512;

    // New connections end 120 s after their SYN; the clock makes that many batches of them live at a time.
    private const int LiveBatches = 32, SynMs = 120_000;

    // The clients from the twentieth on: the first traffic does not get that far.
    private const uint SkewedFlows = 20 * DatapathTraffic.PortsPerClient;

    private readonly PacketFate[] _fates = new PacketFate[DatapathTraffic.Burst];
    private readonly NodeDatapath _node;
    private readonly DatapathTraffic _even;
    private readonly DatapathTraffic? _skewed;
    private long _nowMs = 1000;

    /// <summary>Builds the node and opens the connections.</summary>
    /// <param name="cluster">Services of TCP.</param>
    /// <param name="mode">How Services are done.</param>
    /// <param name="flows">Connections opened.</param>
    /// <param name="skew">Zipf's exponent of a second traffic of as many connections; 0 for none.</param>
    /// <param name="opensMore">Room for the new connections of <see cref="First"/>; without it the tables are sized for <paramref name="flows"/> alone.</param>
    /// <exception cref="InvalidOperationException">A connection did not reach a backend.</exception>
    public MeasuredNode(Cluster cluster, DatapathMode mode, int flows, double skew = 0, bool opensMore = true)
    {
        Known = (skew > 0 ? 2 : 1) * flows;
        _node = NodeDatapath.Build(cluster, new NodeOptions
        {
            Mode = mode,
            Connections = Known + (opensMore ? 2 * LiveBatches * Batch : (flows / 16) + 1024),
            Eviction = EvictionPolicy.LeastUseful,
        });
        _even = new DatapathTraffic(cluster, _node, flows, Batch);
        _skewed = skew > 0 ? new DatapathTraffic(cluster, _node, flows, Batch, skew, SkewedFlows) : null;
        if (_even.Open(_nowMs) != flows || (_skewed is not null && _skewed.Open(_nowMs) != flows))
            throw new InvalidOperationException($"{mode}: every connection was expected to reach a backend");
    }

    /// <inheritdoc/>
    public NodeDatapath Node => _node;

    /// <inheritdoc/>
    public int Packets => Batch;

    /// <inheritdoc/>
    public int Known { get; }

    /// <inheritdoc/>
    public long Established() => Established(_even);

    /// <summary>The same of connections to Services of Zipf's popularity.</summary>
    public long EstablishedSkewed() => Established(_skewed!);

    /// <inheritdoc/>
    public long First() => First(_even);

    /// <summary>The same to Services of Zipf's popularity.</summary>
    public long FirstSkewed() => First(_skewed!);

    /// <summary>The same to an address outside the cluster: no Service's.</summary>
    public long FirstMissing()
    {
        _even.IsMissing = true;
        long ticks = First(_even);
        _even.IsMissing = false;
        return ticks;
    }

    /// <inheritdoc/>
    public void FirstOneByOne(LatencyHistogram latency, Action? between = null)
    {
        _even.PrepareNew();
        SinglePackets.Time(Batch, Send, latency, between);
        _nowMs += SynMs / LiveBatches;
        _node.Collect(_nowMs, 2 * Batch);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _skewed?.Dispose();
        _even.Dispose();
        _node.Dispose();
    }

    private bool Send(int index)
    {
        _node.Datapath.Process(_even.Arena.Burst(index, 1), _even.Interface, _nowMs, _fates);
        return _fates[0].Kind is FateKind.Forwarded or FateKind.Delivered;
    }

    private long Established(DatapathTraffic traffic)
    {
        traffic.PrepareKnown();
        return Run(traffic);
    }

    private long First(DatapathTraffic traffic)
    {
        traffic.PrepareNew();
        long ticks = Run(traffic), start = Stopwatch.GetTimestamp();
        _nowMs += SynMs / LiveBatches;
        _node.Collect(_nowMs, 2 * Batch);
        return ticks + Stopwatch.GetTimestamp() - start;
    }

    private long Run(DatapathTraffic traffic)
    {
        int done = 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Batch; i += DatapathTraffic.Burst)
        {
            _node.Datapath.Process(traffic.Arena.Burst(i, DatapathTraffic.Burst), traffic.Interface, _nowMs, _fates);
            foreach (PacketFate fate in _fates)
                done += fate.Kind is FateKind.Forwarded or FateKind.Delivered ? 1 : 0;
        }

        long ticks = Stopwatch.GetTimestamp() - start;
        return done == Batch ? ticks : throw new InvalidOperationException($"{Batch - done} of {Batch} packets reached no backend");
    }
}
