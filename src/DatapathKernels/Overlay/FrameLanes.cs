using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>Eight frames of an arena in the lanes of vectors. For little-endian machines that have such vectors.</summary>
internal static unsafe class FrameLanes
{
    /// <summary>Frames in a group.</summary>
    public const int Count = 8;

    /// <summary>A bit for each.</summary>
    public const uint All = (1 << Count) - 1;

    /// <summary>True where groups are faster than frame by frame.</summary>
    public static bool IsSupported => BitConverter.IsLittleEndian && Vector256.IsHardwareAccelerated;

    /// <summary>Reads the records of eight slots.</summary>
    /// <param name="slots">The first.</param>
    /// <param name="starts">Receives where the frames begin in the low 16 bits of each lane, and above what they begin with: <see cref="FrameSlot.Link"/>.</param>
    /// <returns>Their lengths.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Lengths(FrameSlot* slots, out Vector256<uint> starts)
    {
        Vector256<ulong> front = Vector256.Load((ulong*)slots), back = Vector256.Load((ulong*)slots + Count / 2);
        starts = Vector256.Narrow(front >>> 32, back >>> 32);
        return Vector256.Narrow(front, back);
    }

    /// <summary>A word of each frame, as the machine reads it.</summary>
    /// <param name="frames">Their first bytes.</param>
    /// <param name="offset">Where the words are.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Gather(ulong* frames, int offset) => Vector256.Create(
        Word(frames[0], offset), Word(frames[1], offset), Word(frames[2], offset), Word(frames[3], offset),
        Word(frames[4], offset), Word(frames[5], offset), Word(frames[6], offset), Word(frames[7], offset));

    /// <summary>Between host and network order, a word a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Reverse(Vector256<uint> words) => Vector256.ShuffleNative(words.AsByte(), Vector256.Create(
        (byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 19, 18, 17, 16, 23, 22, 21, 20, 27, 26, 25, 24, 31, 30, 29, 28)).AsUInt32();

    /// <summary>Both halves of each word, added: what an Internet checksum sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Halves(Vector256<uint> words) => (words & Vector256.Create((uint)ushort.MaxValue)) + (words >>> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Word(ulong frame, int offset) => Unsafe.ReadUnaligned<uint>((byte*)frame + offset);
}
