using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DatapathKernels.Filtering;

/// <summary>
/// The dispatch rules of one chain by what they ask for, destination address, protocol and port, each with the
/// <see cref="Shortcut"/> behind it. Keys are whole, so that a probe proves the match; there are as many buckets as keys at
/// least, so that one in three hundred is full and a probe hardly ever needs a second. Buckets stand behind this descriptor.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal unsafe struct ShortcutTable
{
    private int _shift;
    private uint _bucketMask;

    /// <summary>The records slots name.</summary>
    public byte* Records;

    /// <summary>
    /// Where the records of the first keys of all buckets are, <see cref="CellLines"/> each, if they fit: what is most likely asked for next is fetched
    /// together with the bucket and not behind it.
    /// </summary>
    public byte* Cells;

    /// <summary>Lines of a service of up to three endpoints.</summary>
    public const int CellLines = 2;

    /// <summary>Bytes of a table of that many keys.</summary>
    public static nuint BytesOf(int keys) => (nuint)sizeof(ShortcutTable) + (BucketsOf(keys) * (nuint)sizeof(ShortcutBucket));

    /// <summary>Lays a table out in zeroed memory.</summary>
    public static ShortcutTable* Create(byte* memory, int keys)
    {
        ShortcutTable* table = (ShortcutTable*)memory;
        uint buckets = BucketsOf(keys);
        (table->_bucketMask, table->_shift) = (buckets - 1, 64 - BitOperations.Log2(buckets));
        return table;
    }

    // Two at least: a shift by 64 bits is none.
    private static uint BucketsOf(int keys) => BitOperations.RoundUpToPowerOf2((uint)Math.Max(keys, 2));

    /// <summary>The bucket where the search for a key begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ShortcutBucket* HomeOf(ShortcutTable* table, ulong key) =>
        (ShortcutBucket*)(table + 1) + (uint)(((key ^ (key >> 32)) * 0x9E3779B97F4A7C15) >> table->_shift);

    /// <summary>The buckets of eight keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> HomesOf(ShortcutTable* table, Vector512<ulong> keys) =>
        Vector512.Create((ulong)(table + 1)) + ((((keys ^ (keys >>> 32)) * 0x9E3779B97F4A7C15) >>> table->_shift) << 6);

    /// <summary>The slot of a key, from its home on; null when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ShortcutSlot* Find(ShortcutTable* table, ShortcutBucket* home, ulong key)
    {
        while (true)
        {
            int place = ShortcutBucket.Find(home, key);
            if (place < ShortcutBucket.Places)
                return ShortcutBucket.SlotOf(home, place);
            if (!ShortcutBucket.IsFull(home))
                return null;
            home = Next(table, home);
        }
    }

    /// <summary>A slot for a key that has none yet.</summary>
    public static ShortcutSlot* Add(ShortcutTable* table, ulong key)
    {
        ShortcutBucket* bucket = HomeOf(table, key);
        while (ShortcutBucket.IsFull(bucket))
            bucket = Next(table, bucket);
        int place = ShortcutBucket.Find(bucket, 0);
        ShortcutBucket.Set(bucket, place, key);
        return ShortcutBucket.SlotOf(bucket, place);
    }

    /// <summary>The record of a slot that has one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Shortcut* RecordOf(ShortcutTable* table, uint record) => (Shortcut*)(table->Records + ((nuint)record * ShortcutRecords.LineBytes));

    /// <summary>Number of buckets.</summary>
    public static int CountOf(ShortcutTable* table) => (int)table->_bucketMask + 1;

    /// <summary>A slot by its place.</summary>
    public static ShortcutSlot* SlotAt(ShortcutTable* table, int bucket, int place) => ShortcutBucket.SlotOf((ShortcutBucket*)(table + 1) + bucket, place);

    /// <summary>False for a place that is free.</summary>
    public static bool HasKey(ShortcutTable* table, int bucket, int place) => ShortcutBucket.HasKey((ShortcutBucket*)(table + 1) + bucket, place);

    /// <summary>The slots that have a record, told one by one.</summary>
    public static void ForEach(ShortcutTable* table, SlotAction action)
    {
        for (int bucket = 0; bucket < CountOf(table); bucket++)
        {
            for (int place = 0; place < ShortcutBucket.Places; place++)
            {
                if (SlotAt(table, bucket, place) is var slot && slot->Record != 0)
                    action(slot);
            }
        }
    }

    /// <summary>What is done with a slot.</summary>
    public delegate void SlotAction(ShortcutSlot* slot);

    /// <summary>Asks for the record that is most likely a key's, by its home.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FetchCell(ShortcutTable* table, ShortcutBucket* home) =>
        Shortcut.Fetch((Shortcut*)(table->Cells + (CellLines * ((byte*)home - (byte*)(table + 1)))));

    private static ShortcutBucket* Next(ShortcutTable* table, ShortcutBucket* bucket)
    {
        ShortcutBucket* buckets = (ShortcutBucket*)(table + 1);
        return buckets + ((uint)(bucket - buckets + 1) & table->_bucketMask);
    }
}
