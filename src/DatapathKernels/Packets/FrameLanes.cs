using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DatapathKernels.Packets;

/// <summary>Eight frames of an arena in the lanes of vectors.</summary>
internal static unsafe class FrameLanes
{
    /// <summary>Frames in a group.</summary>
    public const int Count = 8;

    /// <summary>A bit for each.</summary>
    public const uint All = (1 << Count) - 1;

    /// <summary>True where groups are faster than frame by frame.</summary>
    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>How far the first four slots are from the first of them: what <see cref="Place"/> asks for.</summary>
    /// <param name="stride">From slot to slot, bytes.</param>
    public static Vector256<ulong> Slots(nuint stride) => Vector256.Create(0UL, stride, 2 * (ulong)stride, 3 * (ulong)stride);

    /// <summary>Where eight frames or their headers are. They are stored by the vector: a vector over addresses stored one by one would wait for them.</summary>
    /// <param name="memory">The first slot.</param>
    /// <param name="slots">See <see cref="Slots"/>.</param>
    /// <param name="offsets">Where they are in their slots.</param>
    /// <param name="to">Receives eight addresses.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Place(byte* memory, Vector256<ulong> slots, Vector256<uint> offsets, ulong* to)
    {
        (Vector256<ulong> front, Vector256<ulong> back) = Vector256.Widen(offsets);
        ulong half = slots[1] * (Count / 2);
        Vector256<ulong> first = Vector256.Create((ulong)memory) + slots;
        (first + front).Store(to);
        (first + Vector256.Create(half) + back).Store(to + (Count / 2));
    }

    /// <summary>Reads the records of eight slots.</summary>
    /// <param name="slots">The first.</param>
    /// <param name="starts">Receives where the frames begin in the low 16 bits of each lane, and above what they begin with: <see cref="FrameSlot.Link"/>.</param>
    /// <returns>Their lengths.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Lengths(FrameSlot* slots, out Vector256<uint> starts)
    {
        // One by one, as wide as they were stored: a vector over several stores that are under way would wait for them all to reach the cache.
        ulong* records = (ulong*)slots;
        Vector256<ulong> front = Vector256.Create(records[0], records[1], records[2], records[3]), back = Vector256.Create(records[4], records[5], records[6], records[7]);
        starts = Vector256.Narrow(front >>> 32, back >>> 32);
        return Vector256.Narrow(front, back);
    }

    /// <summary><see cref="FrameSlot.MoveFront"/> of eight frames.</summary>
    /// <param name="slots">The first.</param>
    /// <param name="bytes">By how many bytes each frame gets shorter; negative into the headroom.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MoveFronts(FrameSlot* slots, int bytes)
    {
        FrameSlot.MoveFront(slots, bytes);
        FrameSlot.MoveFront(slots + 1, bytes);
        FrameSlot.MoveFront(slots + 2, bytes);
        FrameSlot.MoveFront(slots + 3, bytes);
        FrameSlot.MoveFront(slots + 4, bytes);
        FrameSlot.MoveFront(slots + 5, bytes);
        FrameSlot.MoveFront(slots + 6, bytes);
        FrameSlot.MoveFront(slots + 7, bytes);
    }

    /// <summary>Reads what eight parses found: records of four words, taken apart by <see cref="PacketInfo"/>'s layout.</summary>
    /// <param name="infos">The first.</param>
    /// <param name="offsets">Receives L3 offsets in the low 16 bits of each lane, and L4 offsets above.</param>
    /// <param name="states">Receives fragment offsets in the low 16 bits, statuses and flags, a byte each.</param>
    /// <param name="protocols">Receives protocols in the low eight bits; the others mean nothing.</param>
    /// <returns>The packets' lengths.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Records(PacketInfo* infos, out Vector256<uint> offsets, out Vector256<uint> states, out Vector256<uint> protocols)
    {
        ulong* words = (ulong*)infos;
        Vector256<ulong> even = Lower(words), odd = Upper(words), evenBack = Lower(words + Count), oddBack = Upper(words + Count);
        states = Vector256.Narrow(even >>> 32, evenBack >>> 32);
        offsets = Vector256.Narrow(odd, oddBack);
        protocols = Vector256.Narrow(odd >>> 32, oddBack >>> 32);
        return Vector256.Narrow(even, evenBack);
    }

    /// <summary>Writes eight such records, each in one store.</summary>
    /// <param name="infos">The first.</param>
    /// <param name="lengths">The packets' lengths.</param>
    /// <param name="offsets">L3 offsets in the low 16 bits, L4 offsets above.</param>
    /// <param name="states">Fragment offsets in the low 16 bits, statuses and flags, a byte each.</param>
    /// <param name="protocols">Protocols in the low eight bits, zero above.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreRecords(PacketInfo* infos, Vector256<uint> lengths, Vector256<uint> offsets, Vector256<uint> states, Vector256<uint> protocols)
    {
        Vector256<ulong> frontLow = Avx2.UnpackLow(lengths, offsets).AsUInt64(), frontHigh = Avx2.UnpackHigh(lengths, offsets).AsUInt64();
        Vector256<ulong> backLow = Avx2.UnpackLow(states, protocols).AsUInt64(), backHigh = Avx2.UnpackHigh(states, protocols).AsUInt64();
        StoreRecords(infos, Avx2.UnpackLow(frontLow, backLow));
        StoreRecords(infos + 1, Avx2.UnpackHigh(frontLow, backLow));
        StoreRecords(infos + 2, Avx2.UnpackLow(frontHigh, backHigh));
        StoreRecords(infos + 3, Avx2.UnpackHigh(frontHigh, backHigh));
    }

    /// <summary>Asks for the lines so far behind where eight frames begin.</summary>
    /// <param name="frames">Where they begin.</param>
    /// <param name="bytes">How far.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(ulong* frames, nuint bytes)
    {
        Simd.Prefetch.Read((byte*)frames[0] + bytes);
        Simd.Prefetch.Read((byte*)frames[1] + bytes);
        Simd.Prefetch.Read((byte*)frames[2] + bytes);
        Simd.Prefetch.Read((byte*)frames[3] + bytes);
        Simd.Prefetch.Read((byte*)frames[4] + bytes);
        Simd.Prefetch.Read((byte*)frames[5] + bytes);
        Simd.Prefetch.Read((byte*)frames[6] + bytes);
        Simd.Prefetch.Read((byte*)frames[7] + bytes);
    }

    /// <summary>Four words of each frame, as the machine reads them, a vector for each word.</summary>
    /// <remarks>
    /// Sixteen bytes of two frames fill a vector, and the words of eight frames are brought together as a matrix is transposed: twelve shuffles for 32 words. One by one
    /// they would be 32 insertions.
    /// </remarks>
    /// <param name="frames">Where the frames are.</param>
    /// <param name="offset">Where the sixteen bytes are.</param>
    /// <param name="first">Receives the words at that offset.</param>
    /// <param name="second">Receives those behind them.</param>
    /// <param name="third">And those behind them.</param>
    /// <param name="fourth">And the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Gather(ulong* frames, int offset, out Vector256<uint> first, out Vector256<uint> second, out Vector256<uint> third, out Vector256<uint> fourth)
    {
        Vector256<uint> a = Pair(frames, 0, offset), b = Pair(frames, 1, offset), c = Pair(frames, 2, offset), d = Pair(frames, 3, offset);
        Vector256<ulong> frontLow = Avx2.UnpackLow(a, b).AsUInt64(), backLow = Avx2.UnpackLow(c, d).AsUInt64();
        Vector256<ulong> frontHigh = Avx2.UnpackHigh(a, b).AsUInt64(), backHigh = Avx2.UnpackHigh(c, d).AsUInt64();
        first = Avx2.UnpackLow(frontLow, backLow).AsUInt32();
        second = Avx2.UnpackHigh(frontLow, backLow).AsUInt32();
        third = Avx2.UnpackLow(frontHigh, backHigh).AsUInt32();
        fourth = Avx2.UnpackHigh(frontHigh, backHigh).AsUInt32();
    }

    /// <summary>Stores eight pairs of words.</summary>
    /// <param name="to">Receives them.</param>
    /// <param name="lower">The words that come first in memory.</param>
    /// <param name="upper">The others.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePairs(ulong* to, Vector256<uint> lower, Vector256<uint> upper)
    {
        Vector256<uint> low = Avx2.UnpackLow(lower, upper), high = Avx2.UnpackHigh(lower, upper);
        Avx2.Permute2x128(low, high, 0x20).Store((uint*)to);
        Avx2.Permute2x128(low, high, 0x31).Store((uint*)to + Count);
    }

    /// <summary>Between host and network order, a word a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Reverse(Vector256<uint> words) => Vector256.ShuffleNative(words.AsByte(), Vector256.Create(
        (byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 19, 18, 17, 16, 23, 22, 21, 20, 27, 26, 25, 24, 31, 30, 29, 28)).AsUInt32();

    /// <summary>Both halves of each word, added: what an Internet checksum sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Halves(Vector256<uint> words) => (words & Vector256.Create((uint)ushort.MaxValue)) + (words >>> 16);

    /// <summary>A record, and the one four behind it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRecords(PacketInfo* infos, Vector256<ulong> pair)
    {
        pair.GetLower().Store((ulong*)infos);
        pair.GetUpper().Store((ulong*)(infos + (Count / 2)));
    }

    /// <summary>The lower words of eight pairs, two a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Lower(ulong* pairs) => Vector256.Narrow(Two(pairs), Two(pairs + Count / 2)).AsUInt64();

    /// <summary>The upper words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Upper(ulong* pairs) => Vector256.Narrow(Two(pairs) >>> 32, Two(pairs + Count / 2) >>> 32).AsUInt64();

    /// <summary>Two records, each as it was stored: see <see cref="Lengths"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Two(ulong* pairs) => Vector256.Create(Vector128.Load(pairs), Vector128.Load(pairs + 2));

    /// <summary>Sixteen bytes of a frame, and of the one four behind it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Pair(ulong* frames, int lane, int offset) =>
        Vector256.Create(Vector128.Load((uint*)((byte*)frames[lane] + offset)), Vector128.Load((uint*)((byte*)frames[lane + (Count / 2)] + offset)));
}
