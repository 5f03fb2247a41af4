using System.Diagnostics;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Latency;
using DatapathKernels.Formats.Datapaths;

namespace DatapathKernels.Bench.Scenarios.Measuring;

/// <summary>The node of the reader's own cluster, with its policies where there are some, over direct routes.</summary>
/// <param name="own">The cluster.</param>
/// <param name="mode">How Services are done.</param>
/// <param name="known">Connections to open; 0 for one a pair of pod and Service, and room for new ones.</param>
internal sealed class MeasuredUserNode(ClusterInput own, DatapathMode mode, int known = 0) : IMeasuredNode
{
    private const int Bursts = 16;

    private readonly UserNode _node = new(own, mode, OverlayKind.None, own.Policies is not null, Bursts, known);

    /// <inheritdoc/>
    public NodeDatapath Node => _node.Node;

    /// <inheritdoc/>
    public int Packets => _node.Packets;

    /// <inheritdoc/>
    public int Known => _node.Known;

    /// <inheritdoc/>
    public long Established() => Ticks(_node.PrepareKnown, null);

    /// <inheritdoc/>
    public long First() => Ticks(_node.PrepareNew, _node.Age);

    /// <inheritdoc/>
    public void FirstOneByOne(LatencyHistogram latency, Action? between = null)
    {
        _node.PrepareNew();
        SinglePackets.Time(Packets, _node.Run, latency, between);
        _node.Age();
    }

    /// <inheritdoc/>
    public void Dispose() => _node.Dispose();

    private long Ticks(Action prepare, Action? after)
    {
        prepare();
        long start = Stopwatch.GetTimestamp();
        int done = _node.Run();
        after?.Invoke();
        long ticks = Stopwatch.GetTimestamp() - start;
        return done == Packets ? ticks : throw new InvalidOperationException($"{Packets - done} of {Packets} packets reached no backend");
    }
}
