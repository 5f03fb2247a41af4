using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Packets;

/// <summary>
/// Up to 64 neighbouring frames of an arena, handled together: one bit of a <see cref="ulong"/> each. A view, not a copy.
/// </summary>
public readonly ref struct PacketBurst
{
    /// <summary>The most frames in one burst: the bits of a mask.</summary>
    public const int MaxCount = 64;

    internal PacketBurst(PacketArena arena, int first, int count)
    {
        Arena = arena;
        First = first;
        Count = count;
    }

    /// <summary>The arena that holds the frames.</summary>
    public PacketArena Arena { get; }

    /// <summary>Index in the arena of the first frame.</summary>
    public int First { get; }

    /// <summary>Number of frames, 0 to 64.</summary>
    public int Count { get; }

    /// <summary>A bit set for every frame: bit i is frame i.</summary>
    public ulong All => Count == MaxCount ? ulong.MaxValue : (1UL << Count) - 1;

    /// <summary>The bytes of frame <paramref name="index"/> of this burst, writable.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame in the burst.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public Span<byte> this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Arena.Frame(InArena(index));
    }

    /// <summary>What frame <paramref name="index"/> of this burst starts with.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame in the burst.</exception>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    public LinkType Link(int index) => Arena.Link(InArena(index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int InArena(int index)
    {
        if ((uint)index >= (uint)Count)
            ThrowNoFrame(Count, index);
        return First + index;
    }

    /// <summary>Out of line, words and all, so that the loops over a burst have none of it.</summary>
    [DoesNotReturn]
    private static void ThrowNoFrame(int count, int index) => Throw.OutOfRange(nameof(index), index, $"the burst holds {count} frames");
}
