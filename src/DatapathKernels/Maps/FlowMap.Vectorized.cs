using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

/// <content>
/// The compare of a key with all five of a bucket. Whatever the width, the answer is a mask with a bit a slot (the lower of
/// two for keys kept whole and compared in halves), already cut to the slots that are taken.
/// </content>
public sealed unsafe partial class FlowMap<TKey, TValue>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Match<TIsa>(byte* bucket, ulong word, in TKey key)
        where TIsa : struct, IIsa
    {
        if (IsSplit)
            return MatchSplit<TIsa>(bucket, in key) & word;
        if (IsPaired)
        {
            ulong halves = MatchHalves<TIsa>(bucket, in key);
            return halves & (halves >> 1) & word;
        }

        if (TKey.IsBitwise && sizeof(TKey) == 8 && TIsa.V512)
            return Vector512.Equals(Vector512.Create(Unsafe.BitCast<TKey, ulong>(key)), Vector512.Load((ulong*)bucket)).ExtractMostSignificantBits() & word & AllSlots;
        if (TKey.IsBitwise && sizeof(TKey) == 4 && TIsa.V256)
            return Vector256.Equals(Vector256.Create(Unsafe.BitCast<TKey, uint>(key)), Vector256.Load((uint*)bucket)).ExtractMostSignificantBits() & word & AllSlots;
        return sizeof(TKey) <= 64 ? MatchAll(bucket, in key) & word : MatchTaken(bucket, word & AllSlots, in key);
    }

    /// <summary>
    /// A bit for each eighth of the two lines where both halves are equal. That of an eighth with a value or the word says nothing:
    /// no such slot is ever taken.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MatchSplit<TIsa>(byte* bucket, in TKey key)
        where TIsa : struct, IIsa
    {
        // SAFE: a bucket of split keys has two lines
        ulong* low = (ulong*)bucket, high = (ulong*)(bucket + HalfStep);
        if (TIsa.V512)
        {
            // Without locals for the halves: loads that spread a half over a vector take half as long as spreading a register does.
            Vector512<ulong> equal = Vector512.Equals(Vector512.Create(HalfOf(in key, 0)), Vector512.Load(low));
            return (equal & Vector512.Equals(Vector512.Create(HalfOf(in key, 1)), Vector512.Load(high))).ExtractMostSignificantBits();
        }

        ulong first = HalfOf(in key, 0), second = HalfOf(in key, 1), match = 0;
        for (int lane = 0; lane < 8; lane += TIsa.V256 ? 4 : TIsa.V128 ? 2 : 1)
        {
            if (TIsa.V256)
                match |= (ulong)(Vector256.Equals(Vector256.Create(first), Vector256.Load(low + lane)) & Vector256.Equals(Vector256.Create(second), Vector256.Load(high + lane))).ExtractMostSignificantBits() << lane;
            else if (TIsa.V128)
                match |= (ulong)(Vector128.Equals(Vector128.Create(first), Vector128.Load(low + lane)) & Vector128.Equals(Vector128.Create(second), Vector128.Load(high + lane))).ExtractMostSignificantBits() << lane;
            else
                match |= (((low[lane] ^ first) | (high[lane] ^ second)) == 0 ? 1UL : 0) << lane;
        }

        return match;
    }

    /// <summary>Two bits a slot, one for each 64-bit half of the key that is equal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MatchHalves<TIsa>(byte* bucket, in TKey key)
        where TIsa : struct, IIsa
    {
        // SAFE: a paired key has 16 bytes, and a bucket begins with five of them
        Vector128<ulong> one = Unsafe.BitCast<TKey, Vector128<ulong>>(key);
        ulong* keys = (ulong*)bucket;
        if (TIsa.V512)
        {
            Vector512<ulong> all = one.ToVector256Unsafe().ToVector512Unsafe();
            if (Avx512F.IsSupported)
                all = Avx512F.Shuffle4x128(all, all, 0);
            ulong four = Vector512.Equals(all, Vector512.Load(keys)).ExtractMostSignificantBits();
            return four | ((ulong)Vector128.Equals(one, Vector128.Load(keys + 8)).ExtractMostSignificantBits() << 8);
        }

        if (TIsa.V256)
        {
            Vector256<ulong> two = Vector256.Create(one, one);
            uint low = Vector256.Equals(two, Vector256.Load(keys)).ExtractMostSignificantBits();
            uint high = Vector256.Equals(two, Vector256.Load(keys + 4)).ExtractMostSignificantBits();
            return low | (high << 4) | (Vector128.Equals(one, Vector128.Load(keys + 8)).ExtractMostSignificantBits() << 8);
        }

        uint halves = 0;
        for (int slot = 0; slot < BucketWord.Slots; slot++)
        {
            if (TIsa.V128)
                halves |= Vector128.Equals(one, Vector128.Load(keys + (2 * slot))).ExtractMostSignificantBits() << (2 * slot);
            else
                halves |= (keys[2 * slot] == one[0] && keys[(2 * slot) + 1] == one[1] ? 3u : 0) << (2 * slot);
        }

        return halves;
    }

    /// <summary>A bit a slot, without a branch that depends on the keys.</summary>
    private static ulong MatchAll(byte* bucket, in TKey key)
    {
        ulong match = 0;
        for (int slot = 0; slot < BucketWord.Slots; slot++)
            match |= (TKey.AreEqual(in ((TKey*)bucket)[slot], in key) ? 1UL : 0) << slot;
        return match;
    }

    /// <summary>The same for keys so large that comparing those of free slots would cost more than a branch.</summary>
    private static ulong MatchTaken(byte* bucket, ulong taken, in TKey key)
    {
        for (; taken != 0; taken &= taken - 1)
        {
            if (TKey.AreEqual(in ((TKey*)bucket)[FirstSlot(taken)], in key))
                return taken & (0 - taken);
        }

        return 0;
    }
}
