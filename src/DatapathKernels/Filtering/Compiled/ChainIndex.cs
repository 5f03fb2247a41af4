using System.Runtime.CompilerServices;
using DatapathKernels.Memory;

namespace DatapathKernels.Filtering;

/// <summary>
/// Answers "which is the first rule from r on whose head matches" for one chain without walking it: tuple space search
/// (Srinivasan, Suri, Varghese 1999). The rules are grouped by the bits their heads compare; each group is a hash table over
/// what those bits must be, so one probe finds the rules of the group that a packet can match. Groups are asked in the order
/// of their first rules, and asking stops at a group that begins behind the best rule so far.
/// <code>
/// tables   64 bytes each    mask, first and last rule, where its slots lie
/// slots    16 bytes each    hash (64 bits), rule or list, number of rules; at most half full
/// records  64 or 112 bytes  head and <see cref="IndexedRule"/>: one line (IPv4) proves the match and says what it does
/// lists     4 bytes a rule  the rules of a slot that has several, ascending
/// </code>
/// Rules are counted from the start of the chain. The head is compared in full before a rule is believed.
/// </summary>
internal sealed unsafe partial class ChainIndex<THead> : IDisposable
    where THead : struct, IRuleHead
{
    private readonly NativeBuffer _memory;
    private readonly TupleTable* _tables;
    private readonly TupleTable* _end;
    private readonly int* _lists;
    private readonly byte* _records;

    /// <summary>Number of rules.</summary>
    public int Count { get; }

    /// <summary>The number of its first rule.</summary>
    public int FirstNumber { get; }

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => (long)_memory.Length;

    /// <summary>The first rule from <paramref name="from"/> on whose head matches; the number of rules when none does.</summary>
    // SAFE: slots and lists are those the constructor wrote; a probe ends at a free slot, and half of them are free
    public int Next(int from, in PacketView view)
    {
        int best = Count;
        for (TupleTable* table = _tables; table < _end && table->First < best; table++)
        {
            if (table->Last < from)
                continue;
            ulong hash = THead.HashOf(table->Mask, view);
            IndexSlot* slots = table->Slots;
            for (uint i = (uint)hash & table->SlotMask; slots[i].Count != 0; i = (i + 1) & table->SlotMask)
            {
                if (slots[i].Hash != hash)
                    continue;
                best = FirstOf(slots + i, from, best, view);
                break;
            }
        }

        return best;
    }

    /// <summary>What rule <paramref name="rule"/> does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public IndexedRule* RuleAt(int rule) => (IndexedRule*)(HeadOf(rule) + THead.Size);

    private byte* HeadOf(int rule) => _records + ((nint)rule * (THead.Size + sizeof(IndexedRule)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int FirstOf(IndexSlot* slot, int from, int best, in PacketView view)
    {
        if (slot->Count == 1)
        {
            int only = slot->First;
            return only >= from && only < best && THead.Fits(HeadOf(only), view) ? only : best;
        }

        int* list = _lists + slot->First;
        for (int i = LowerBound(list, slot->Count, from); i < slot->Count && list[i] < best; i++)
        {
            if (THead.Fits(HeadOf(list[i]), view))
                return list[i];
        }

        return best;
    }

    private static int LowerBound(int* list, int count, int from)
    {
        if (list[0] >= from)
            return 0;
        int low = 0, high = count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (list[middle] < from)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    public void Dispose() => _memory.Dispose();
}
