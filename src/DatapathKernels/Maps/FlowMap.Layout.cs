using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DatapathKernels.Maps;

/// <content>
/// Where things stand. A bucket has five keys, their five values and its <see cref="BucketWord"/>, rounded up to whole cache
/// lines. For a 16-byte key and a value of up to 8 bytes these are exactly two adjacent lines, 5 * 16 + 5 * 8 + 8 = 128 bytes, and the
/// keys are split: the first half of a slot's key stands in one line and the second half at the same place of the other, so that two
/// vector compares and an AND tell the slot:
/// <code>
///       0       8       16      24      32      40      48      56      64
///   0   | low0  | val0  | low2  | low3  | low4  | val2  | low6  | val3  |
///  64   | high0 | val4  | high2 | high3 | high4 | val6  | high6 | word  |
/// </code>
/// Slots are named by the eighth of the line they stand in. These five, of all choices of five, are one where the values fit into
/// what is left with the same step from one to the next: slot s has its value at 16 * s + 8. With larger values all keys
/// stand first and are compared whole, two mask bits a slot; so do keys of other sizes, with one bit a slot.
/// <para>
/// A key's home is the bucket its hash names. When that is full it stands in the next bucket with room, and every bucket it
/// passed holds its bit in the word's filter.
/// </para>
/// </content>
public sealed unsafe partial class FlowMap<TKey, TValue>
{
    // Bytes from the first half of a split key to its second half.
    private const int HalfStep = 64;

    /// <summary>A 16-byte key beside a value that fits one of its halves: kept in halves.</summary>
    private static bool IsSplit
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TKey.IsBitwise && sizeof(TKey) == 16 && sizeof(TValue) <= sizeof(ulong);
    }

    /// <summary>A 16-byte key kept whole is compared as two 64-bit lanes, so a slot has two bits in a compare's mask.</summary>
    private static bool IsPaired
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TKey.IsBitwise && sizeof(TKey) == 16 && sizeof(TValue) > sizeof(ulong);
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
        get => IsSplit ? 0b101_1101UL : IsPaired ? 0b01_01_01_01_01UL : 0b11111UL;
    }

    /// <summary>The last slot in a mask.</summary>
    private static ulong LastSlot
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsSplit ? 1UL << 6 : IsPaired ? 1UL << 8 : 1UL << 4;
    }

    private static int ValuesAt
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Align8(BucketWord.Slots * sizeof(TKey));
    }

    private static int WordAt
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsSplit ? (2 * HalfStep) - sizeof(ulong) : Align8(ValuesAt + (BucketWord.Slots * sizeof(TValue)));
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

    /// <summary>The key in a slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TKey KeyAt(byte* bucket, int slot)
    {
        if (!IsSplit)
            return ((TKey*)bucket)[slot];
        ulong* half = (ulong*)bucket + slot;
        return Unsafe.BitCast<Vector128<ulong>, TKey>(Vector128.Create(half[0], half[HalfStep / sizeof(ulong)]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteKey(byte* bucket, int slot, in TKey key)
    {
        if (!IsSplit)
        {
            ((TKey*)bucket)[slot] = key;
            return;
        }

        ulong* half = (ulong*)bucket + slot;
        half[0] = HalfOf(in key, 0);
        half[HalfStep / sizeof(ulong)] = HalfOf(in key, 1);
    }

    /// <summary>A half of a 16-byte key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong HalfOf(in TKey key, int half) =>
        Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref Unsafe.As<TKey, byte>(ref Unsafe.AsRef(in key)), half * sizeof(ulong)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TValue* ValueAt(byte* bucket, int slot) =>
        IsSplit ? (TValue*)(bucket + (2 * sizeof(ulong) * slot) + sizeof(ulong)) : (TValue*)(bucket + ValuesAt) + slot;

    /// <summary>The value at the lowest bit of a mask that is not empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TValue* ValueOfBit(byte* bucket, ulong mask)
    {
        // Spelled so that the compiler sees that the count is not negative.
        nuint bit = Bmi1.X64.IsSupported ? (nuint)Bmi1.X64.TrailingZeroCount(mask) : (uint)BitOperations.TrailingZeroCount(mask);
        return IsSplit ? (TValue*)(bucket + (bit * 2 * sizeof(ulong)) + sizeof(ulong)) : (TValue*)(bucket + ValuesAt) + (bit / (nuint)SlotBits);
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
