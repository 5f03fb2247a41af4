using System.Diagnostics;
using DatapathKernels.Datapaths;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Scenarios.Dns;

/// <summary>Takes frames through a node's datapath in bursts, and keeps the time it took and what came out.</summary>
internal sealed class FrameBatch : IDisposable
{
    /// <summary>The most frames of one call.</summary>
    public const int Most = PacketBurst.MaxCount;

    private readonly PacketArena _arena = new(Most, 1024, 256);
    private readonly PacketFate[] _fates = new PacketFate[Most];

    /// <summary>Frames taken through.</summary>
    public long Packets { get; private set; }

    /// <summary>Time in the datapath, <see cref="Stopwatch"/> ticks.</summary>
    public long Ticks { get; private set; }

    /// <summary>Takes frames through; all of them have to end the same way.</summary>
    /// <param name="datapath">The node's.</param>
    /// <param name="frames">At most <see cref="Most"/>.</param>
    /// <param name="inInterface">Where they come in.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="expected">How they end.</param>
    /// <returns>The frames as they came out.</returns>
    /// <exception cref="InvalidOperationException">One ended another way.</exception>
    public List<byte[]> Run(Datapath datapath, IReadOnlyList<byte[]> frames, ushort inInterface, long nowMs, FateKind expected)
    {
        _arena.Clear();
        foreach (byte[] frame in frames)
            _arena.TryAdd(frame, LinkType.Ethernet);
        long start = Stopwatch.GetTimestamp();
        datapath.Process(_arena.Burst(0), inInterface, nowMs, _fates);
        Ticks += Stopwatch.GetTimestamp() - start;
        Packets += frames.Count;
        List<byte[]> sent = [];
        for (int i = 0; i < frames.Count; i++)
        {
            if (_fates[i].Kind != expected)
                throw new InvalidOperationException($"a DNS packet was expected to be {expected}, and was {_fates[i].Kind} ({_fates[i].Reason})");
            sent.Add(_arena.Frame(i).ToArray());
        }

        return sent;
    }

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();
}
