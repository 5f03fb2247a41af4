using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DatapathKernels.Filtering;

/// <summary>Four dispatch rules of a <see cref="ShortcutTable"/>, one cache line: their keys, then what belongs to each.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal unsafe struct ShortcutBucket
{
    public const int Places = 4;

    private fixed ulong _keys[Places];
    private fixed ulong _slots[Places];

    /// <summary>What belongs to a place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ShortcutSlot* SlotOf(ShortcutBucket* bucket, int place) => (ShortcutSlot*)bucket->_slots + place;

    /// <summary>The place of a key; <see cref="Places"/> or more when it is not here. Key 0 finds the first free place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Find(ShortcutBucket* bucket, ulong key)
    {
        if (Vector256.IsHardwareAccelerated)
            return BitOperations.TrailingZeroCount(Vector256.Equals(Vector256.Load(bucket->_keys), Vector256.Create(key)).ExtractMostSignificantBits());
        int place = 0;
        while (place < Places && bucket->_keys[place] != key)
            place++;
        return place;
    }

    /// <summary>True when keys that found no place here may stand in the next bucket.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFull(ShortcutBucket* bucket) => bucket->_keys[Places - 1] != 0;

    /// <summary>False for a place that is free.</summary>
    public static bool HasKey(ShortcutBucket* bucket, int place) => bucket->_keys[place] != 0;

    /// <summary>Puts a key into a free place.</summary>
    public static void Set(ShortcutBucket* bucket, int place, ulong key) => bucket->_keys[place] = key;
}
