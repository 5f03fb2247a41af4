using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Traffic;

/// <summary>Generated packets and what is known of each. Dispose it to give the arena's memory back.</summary>
public sealed class TrafficTrace : IDisposable
{
    private readonly PacketTruth[] _truth;

    internal TrafficTrace(PacketArena arena, PacketTruth[] truth)
    {
        Arena = arena;
        _truth = truth;
    }

    /// <summary>The Ethernet frames, in the order they are sent.</summary>
    public PacketArena Arena { get; }

    /// <summary>What is known of each frame, by its index in the arena.</summary>
    public ReadOnlySpan<PacketTruth> Truth => _truth;

    /// <inheritdoc/>
    public void Dispose() => Arena.Dispose();
}
