using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>
/// The smallest frames in bursts, to be rewritten again and again: before a burst's turn its frames are brought back from a
/// copy, one line each, which costs the same whatever walks them.
/// </summary>
internal sealed class ChainTraffic : IDisposable
{
    /// <summary>Frames in a burst.</summary>
    public const int BurstFrames = 32;

    // 64 bytes on the wire, less the frame check sequence; copies start at cache lines.
    private const int FrameBytes = 60, Line = 64, SlotBytes = 256;

    private readonly PacketArena _arena;
    private readonly byte[] _original;
    private int _next;

    /// <param name="frames">Frames of 60 bytes, a multiple of <see cref="BurstFrames"/>.</param>
    public ChainTraffic(FrameList frames)
    {
        _arena = new PacketArena(frames.Count, SlotBytes);
        _original = new byte[frames.Count * Line];
        for (int i = 0; i < frames.Count; i++)
        {
            frames.Original(i).CopyTo(_original.AsSpan(i * Line, FrameBytes));
            if (frames.Original(i).Length != FrameBytes || !_arena.TryAdd(frames.Original(i), frames.Link(i)))
                throw new InvalidOperationException($"frame {i} has {frames.Original(i).Length} bytes; expected {FrameBytes}");
        }

        Infos = [.. frames.Infos];
    }

    /// <summary>What the parser found in each frame.</summary>
    public PacketInfo[] Infos { get; }

    /// <summary>Number of frames.</summary>
    public int Count => Infos.Length;

    /// <summary>The next burst, from the first again after the last, as it was made.</summary>
    public PacketBurst Next()
    {
        PacketBurst burst = _arena.Burst(_next, BurstFrames);
        for (int i = 0; i < BurstFrames; i++)
            _original.AsSpan((_next + i) * Line, FrameBytes).CopyTo(burst[i]);
        _next = _next + BurstFrames == Count ? 0 : _next + BurstFrames;
        return burst;
    }

    public void Dispose() => _arena.Dispose();
}
