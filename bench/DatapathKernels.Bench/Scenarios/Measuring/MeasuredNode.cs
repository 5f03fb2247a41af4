using System.Diagnostics;
using DatapathKernels.Bench.Input;
using DatapathKernels.Conntrack;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;

namespace DatapathKernels.Bench.Scenarios.Measuring;

/// <summary>A node in one of the modes, with connections from its pods to the cluster's Services: segments of known connections and first packets of new ones can be timed.</summary>
internal sealed class MeasuredNode : IDisposable
{
    /// <summary>Packets of a batch: their frames fill half a small second-level cache and leave the rest to tables.</summary>
    public const int Batch = 512;

    // New connections end 120 s after their SYN; the clock makes that many batches of them live at a time.
    private const int LiveBatches = 32, SynMs = 120_000;

    private readonly PacketFate[] _fates = new PacketFate[DatapathTraffic.Burst];
    private readonly NodeDatapath _node;
    private readonly DatapathTraffic _traffic;
    private long _nowMs = 1000;

    /// <summary>Builds the node and opens the connections.</summary>
    /// <param name="cluster">Services of TCP.</param>
    /// <param name="mode">How Services are done.</param>
    /// <param name="flows">Connections opened.</param>
    /// <param name="opensMore">Room for the new connections of <see cref="First"/>; without it the tables are sized for <paramref name="flows"/> alone.</param>
    /// <exception cref="InvalidOperationException">A connection did not reach a backend.</exception>
    public MeasuredNode(Cluster cluster, DatapathMode mode, int flows, bool opensMore = true)
    {
        _node = NodeDatapath.Build(cluster, new NodeOptions
        {
            Mode = mode,
            Connections = flows + (opensMore ? 2 * LiveBatches * Batch : (flows / 16) + 1024),
            Eviction = EvictionPolicy.LeastUseful,
        });
        _traffic = new DatapathTraffic(cluster, _node, flows, Batch);
        if (_traffic.Open(_nowMs) != flows)
            throw new InvalidOperationException($"{mode}: every connection was expected to reach a backend");
    }

    /// <summary>Native memory of everything the node keeps about connections, bytes.</summary>
    public long StateBytes => _node.ConnectionBytes;

    /// <summary>One batch of segments of known connections, in random order; the ticks they took.</summary>
    public long Established()
    {
        _traffic.PrepareKnown();
        return Run();
    }

    /// <summary>One batch of SYNs of new connections, and the collectors' work on as many old ones; the ticks both took.</summary>
    public long First()
    {
        _traffic.PrepareNew();
        long ticks = Run(), start = Stopwatch.GetTimestamp();
        _nowMs += SynMs / LiveBatches;
        _node.Collect(_nowMs, 2 * Batch);
        return ticks + Stopwatch.GetTimestamp() - start;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _traffic.Dispose();
        _node.Dispose();
    }

    private long Run()
    {
        int done = 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Batch; i += DatapathTraffic.Burst)
        {
            _node.Datapath.Process(_traffic.Arena.Burst(i, DatapathTraffic.Burst), _traffic.Interface, _nowMs, _fates);
            foreach (PacketFate fate in _fates)
                done += fate.Kind is FateKind.Forwarded or FateKind.Delivered ? 1 : 0;
        }

        long ticks = Stopwatch.GetTimestamp() - start;
        return done == Batch ? ticks : throw new InvalidOperationException($"{Batch - done} of {Batch} packets reached no backend");
    }
}
