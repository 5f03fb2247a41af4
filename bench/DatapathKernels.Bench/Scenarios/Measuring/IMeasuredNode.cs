using DatapathKernels.Bench.Latency;
using DatapathKernels.Formats.Datapaths;

namespace DatapathKernels.Bench.Scenarios.Measuring;

/// <summary>A node with connections open, of which a scenario times batches of packets.</summary>
internal interface IMeasuredNode : IDisposable
{
    /// <summary>The node itself.</summary>
    NodeDatapath Node { get; }

    /// <summary>Packets of a batch.</summary>
    int Packets { get; }

    /// <summary>Connections that are open.</summary>
    int Known { get; }

    /// <summary>One batch of packets of known connections; the ticks they took.</summary>
    /// <exception cref="InvalidOperationException">A packet reached no backend.</exception>
    long Established();

    /// <summary>One batch of first packets of new connections, and the collectors' work on as many old ones; the ticks both took.</summary>
    /// <exception cref="InvalidOperationException">A packet reached no backend.</exception>
    long First();

    /// <summary>One batch of first packets, one a call, each timed by itself.</summary>
    /// <param name="latency">Receives nanoseconds; the clock's own 20 or so are in every one.</param>
    /// <param name="between">Done before every 64th packet, and part of what that packet waits; null for nothing.</param>
    /// <exception cref="InvalidOperationException">A packet reached no backend.</exception>
    void FirstOneByOne(LatencyHistogram latency, Action? between = null);
}
