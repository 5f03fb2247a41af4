using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace DatapathKernels.Maps;

/// <content>
/// Where things stand. A bucket has five keys, their five values and its <see cref="BucketWord"/>, rounded up to whole cache
/// lines: with a 16-byte key and an 8-byte value exactly two adjacent lines, 5 * 16 + 5 * 8 + 8 = 128 bytes:
/// <code>
///  0      16     32     48     64     80       88       96       104      112      120    128
///  | key0 | key1 | key2 | key3 | key4 | value0 | value1 | value2 | value3 | value4 | word |
/// </code>
/// A key's home is the bucket its hash names. When that is full it stands in the next bucket with room, and every bucket it
/// passed holds its bit in the word's filter.
/// </content>
public sealed unsafe partial class FlowMap<TKey, TValue>
{
    /// <summary>A 16-byte key is compared as two 64-bit lanes, so a slot has two bits in a compare's mask.</summary>
    private static bool IsPaired
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TKey.IsBitwise && sizeof(TKey) == 16;
    }

    /// <summary>Bits from one slot to the next in a mask.</summary>
    private static int SlotBits
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsPaired ? 2 : 1;
    }

    /// <summary>All slots in a mask.</summary>
    private static ulong AllSlots
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsPaired ? 0b01_01_01_01_01UL : 0b11111UL;
    }

    private static int ValuesAt
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Align8(BucketWord.Slots * sizeof(TKey));
    }

    private static int WordAt
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Align8(ValuesAt + (BucketWord.Slots * sizeof(TValue)));
    }

    /// <summary>Bytes of a bucket.</summary>
    private static int BucketBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (WordAt + sizeof(ulong) + 63) & ~63;
    }

    /// <summary>
    /// Buckets of a map: three for eight entries, which is 48 bytes an entry when the bucket has 128. Counts in buckets are
    /// then Poisson with mean 2.67: 3.1 % of all keys find their home full.
    /// </summary>
    private static ulong BucketsFor(int capacity) => Math.Max(1, (ulong)capacity * 3 / 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* HomeOf(byte* buckets, ulong count, ulong hash) => buckets + ((nuint)HomeIndex(count, hash) * (nuint)BucketBytes);

    /// <summary>The hash, a fraction of 2^64, scaled to the number of buckets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong HomeIndex(ulong count, ulong hash) =>
        Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(hash, count) : Math.BigMul(hash, count, out _);

    /// <summary>The slot's place in a mask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong BitOf(int slot) => 1UL << (slot * SlotBits);

    /// <summary>The lowest slot of a mask that is not empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FirstSlot(ulong mask) => BitOperations.TrailingZeroCount(mask) / SlotBits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TKey* KeyAt(byte* bucket, int slot) => (TKey*)bucket + slot;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TValue* ValueAt(byte* bucket, int slot) => (TValue*)(bucket + ValuesAt) + slot;

    /// <summary>The value at the lowest bit of a mask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TValue* ValueOfBit(byte* bucket, ulong mask)
    {
        nuint bit = (uint)BitOperations.TrailingZeroCount(mask);
        byte* values = bucket + ValuesAt;
        // Spelled so that a paired key's slot needs no shift of its own.
        return IsPaired && sizeof(TValue) == 8 ? (TValue*)((uint*)values + bit) : (TValue*)values + (bit / (nuint)SlotBits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong ReadWord(byte* bucket) => Volatile.Read(ref *(ulong*)(bucket + WordAt));

    /// <summary>The bucket after one: after the last comes the first.</summary>
    private byte* Next(byte* bucket)
    {
        byte* next = bucket + BucketBytes;
        return next == _buckets + ((nuint)_bucketCount * (nuint)BucketBytes) ? _buckets : next;
    }

    private byte* Previous(byte* bucket) =>
        (bucket == _buckets ? bucket + ((nuint)_bucketCount * (nuint)BucketBytes) : bucket) - BucketBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Align8(int bytes) => (bytes + 7) & ~7;
}
