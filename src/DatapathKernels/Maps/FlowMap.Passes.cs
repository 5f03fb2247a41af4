using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

/// <content>The passes of a burst over the keys of a block.</content>
public sealed unsafe partial class FlowMap<TKey, TValue>
{
    /// <summary>Hashes a block's keys from one up to, not with, another, and works out their homes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Start<TIsa>(ProbeBlock* block, ref TKey key, int from, int to)
        where TIsa : struct, IIsa
    {
        byte* buckets = _buckets;
        ulong count = _bucketCount;
        TKey.Hash(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref key, from), to - from), new Span<ulong>(block->Hashes + from, to - from), in _secret);
        int i = from;
        for (; TIsa.V512 && Avx512F.IsSupported && i <= to - Vector512<ulong>.Count; i += Vector512<ulong>.Count)
            HomesOf(buckets, count, Vector512.Load(block->Hashes + i)).Store(block->Homes + i);
        for (; i < to; i++)
            block->Homes[i] = (ulong)HomeOf(buckets, count, block->Hashes[i]);
    }

    /// <summary>Eight at a time what <see cref="HomeOf"/> says, for which the number of buckets must be below 2^32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> HomesOf(byte* buckets, ulong count, Vector512<ulong> hashes)
    {
        Vector512<uint> by = Vector512.Create(count).AsUInt32();
        Vector512<ulong> scaled = Avx512F.Multiply((hashes >> 32).AsUInt32(), by) + (Avx512F.Multiply(hashes.AsUInt32(), by) >> 32);
        Vector512<ulong> index = scaled >> 32;
        return Vector512.Create((ulong)buckets) + (BitOperations.IsPow2(BucketBytes) ? index << BitOperations.Log2((uint)BucketBytes) : index * Vector512.Create((ulong)BucketBytes));
    }

    private static void PrefetchHomes(ulong* homes, int length)
    {
        int i = 0;
        for (; i <= length - 4; i += 4)
        {
            PrefetchBucket((byte*)homes[i]);
            PrefetchBucket((byte*)homes[i + 1]);
            PrefetchBucket((byte*)homes[i + 2]);
            PrefetchBucket((byte*)homes[i + 3]);
        }

        for (; i < length; i++)
            PrefetchBucket((byte*)homes[i]);
    }

    /// <summary>
    /// Compares a block's keys with their homes and takes the values; where nothing matched, that of the last slot, which Settle
    /// clears. Not zero when the writer came between: then all of it says nothing.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong Compare<TIsa>(ProbeBlock* block, ref TKey key, ref TValue value, int from, int to)
        where TIsa : struct, IIsa
    {
        ulong changed = 0;
        for (nint i = from; i < to; i++)
            changed |= CompareOne<TIsa>(block, ref key, ref value, i);
        return changed;
    }

    /// <summary>The same, and asks the memory for the home at the same place of another block with every key: evenly, so that it never waits for more to do.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong CompareAsking<TIsa>(ProbeBlock* block, ProbeBlock* ahead, ref TKey key, ref TValue value, int from, int to)
        where TIsa : struct, IIsa
    {
        ulong changed = 0;
        for (nint i = from; i < to; i++)
        {
            PrefetchBucket((byte*)ahead->Homes[i]);
            changed |= CompareOne<TIsa>(block, ref key, ref value, i);
        }

        return changed;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong CompareOne<TIsa>(ProbeBlock* block, ref TKey key, ref TValue value, nint i)
        where TIsa : struct, IIsa
    {
        byte* bucket = (byte*)block->Homes[i];
        ulong word = ReadWord(bucket);
        ref TKey wanted = ref Unsafe.Add(ref key, i);
        ulong match = Match<TIsa>(bucket, word, in wanted);
        block->Words[i] = word;
        block->Matches[i] = (ushort)match;
        Unsafe.Add(ref value, i) = *ValueOfBit(bucket, match | LastSlot);
        Volatile.ReadBarrier();
        return word ^ ReadWord(bucket);
    }

    /// <summary>Returns the keys found, and clears the others' values. Of those pending nothing is known yet, and their next bucket is on its way.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong Settle<TIsa>(ProbeBlock* block, ref TValue value, int length, ulong changed, out ulong pending)
        where TIsa : struct, IIsa
    {
        ulong missing = 0, passed = 0;
        int i = 0;
        for (; TIsa.V512 && Avx512F.IsSupported && sizeof(TValue) == 8 && i <= length - Vector512<ulong>.Count; i += Vector512<ulong>.Count)
        {
            // SAFE: i + 8 is at most length, which the caller's values have
            ref byte eight = ref Unsafe.As<TValue, byte>(ref Unsafe.Add(ref value, i));
            Vector512<ulong> none = Vector512.Equals(Avx512F.ConvertToVector512UInt64(Vector128.Load(block->Matches + i)), Vector512<ulong>.Zero);
            Vector512.AndNot(Unsafe.ReadUnaligned<Vector512<ulong>>(ref eight), none).StoreUnsafe(ref Unsafe.As<byte, ulong>(ref eight));
            missing |= none.ExtractMostSignificantBits() << i;
            Vector512<ulong> passBits = Avx512F.ShiftLeftLogicalVariable(Vector512<ulong>.One, BucketWord.PassShifts(Vector512.Load(block->Hashes + i)));
            passed |= (~Vector512.Equals(Vector512.Load(block->Words + i) & passBits, Vector512<ulong>.Zero)).ExtractMostSignificantBits() << i;
        }

        for (; i < length; i++)
        {
            ulong none = block->Matches[i] == 0 ? 1UL : 0;
            missing |= none << i;
            passed |= (BucketWord.MayHavePassed(block->Words[i], block->Hashes[i]) & 1) << i;
            if (none != 0)
                Unsafe.Add(ref value, i) = default;
        }

        ulong all = length == 0 ? 0 : ~0UL >> (MaxBurst - length);
        pending = changed == 0 ? missing & passed : all;
        for (ulong left = pending; left != 0; left &= left - 1)
            PrefetchBucket((byte*)block->Homes[BitOperations.TrailingZeroCount(left)] + BucketBytes);
        return all & ~(missing | pending);
    }
}
