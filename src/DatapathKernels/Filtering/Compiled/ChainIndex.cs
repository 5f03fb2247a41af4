using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Filtering;

/// <summary>
/// Answers "which is the first rule from r on whose head matches" for one chain without walking it: tuple space search
/// (Srinivasan, Suri, Varghese 1999). The rules are grouped by the bits their heads compare; each group is a hash table over
/// what those bits must be, so one probe finds the rules of the group that a packet can match. Groups are asked in the order
/// of their first rules, and asking stops at a group that begins behind the best rule so far. A chain whose rules compare
/// many different sets of bits has up to four <see cref="BitTree{THead}"/>s instead; where those cannot tell its rules apart,
/// fewer and coarser groups (TupleMerge, Daly et al. 2019): see <see cref="TuplePlan{THead}"/>.
/// <code>
/// tables   64 bytes each    mask, first and last rule, where its slots lie
/// slots    16 bytes each    hash (64 bits), rule or list, number of rules; at most half full
/// records  64 or 112 bytes  head and <see cref="IndexedRule"/>: one line (IPv4) proves the match and says what it does
/// lists     4 bytes a rule  the rules of a slot that has several, ascending
/// </code>
/// Rules are counted from the start of the chain. The head is compared in full before a rule is believed. This is the
/// descriptor, reached from the block of its chain; <see cref="ChainIndexMemory{THead}"/> holds what it points to.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal unsafe struct ChainIndex<THead>
    where THead : struct, IRuleHead
{
    public TupleTable* Tables, TablesEnd;
    public BitTree<THead>* Trees, TreesEnd;
    public byte* Records;
    public int* Lists;

    /// <summary>Number of rules.</summary>
    public int Count;

    /// <summary>The number of its first rule.</summary>
    public int FirstNumber;

    /// <summary>What is left of walks behind its dispatch rules; null when it has none.</summary>
    public ShortcutTable* Shortcuts;

    /// <summary>True when every rule that is no dispatch rule asks first whether the destination is the node's own.</summary>
    public bool OthersAskForLocal;

    /// <summary>Bytes from one record to the next.</summary>
    public static int Stride => THead.Size + sizeof(IndexedRule);

    /// <summary>The first rule from <paramref name="from"/> on whose head matches; the number of rules when none does.</summary>
    // SAFE: slots and lists are those the builder wrote; a probe ends at a free slot, and half of them are free
    public static int Next(ChainIndex<THead>* index, int from, in PacketView view)
    {
        int best = index->Count;
        for (TupleTable* table = index->Tables; table < index->TablesEnd && table->First < best; table++)
        {
            if (table->Last < from)
                continue;
            ulong hash = THead.HashOf(table->Mask, view);
            IndexSlot* slots = table->Slots;
            for (uint i = (uint)hash & table->SlotMask; slots[i].Count != 0; i = (i + 1) & table->SlotMask)
            {
                if (slots[i].Hash != hash)
                    continue;
                best = FirstOf(index, slots + i, from, best, view);
                break;
            }
        }

        return best;
    }

    /// <summary>The same where the chain has trees.</summary>
    public static int NextInTrees(ChainIndex<THead>* index, int from, in PacketView view)
    {
        int best = index->Count;
        for (BitTree<THead>* tree = index->Trees; tree < index->TreesEnd && tree->First < best; tree++)
        {
            if (tree->Last >= from)
                best = FirstOf(index, tree, BitTree<THead>.LeafOf(tree, view), from, best, view);
        }

        return best;
    }

    /// <summary>
    /// The first rules of the chain that match several packets. All of them go down a tree before any leaf is searched: the
    /// steps of different packets do not wait for one another.
    /// </summary>
    // SAFE: the caller has as many views and room for as many answers, and they are at most a burst
    [SkipLocalsInit]
    public static void FirstInTrees(ChainIndex<THead>* index, PacketView* views, int count, int* first)
    {
        uint* leaves = stackalloc uint[PacketBurst.MaxCount];
        new Span<int>(first, count).Fill(index->Count);
        for (BitTree<THead>* tree = index->Trees; tree < index->TreesEnd; tree++)
        {
            for (int i = 0; i < count; i++)
            {
                leaves[i] = BitTree<THead>.LeafOf(tree, views[i]);
                Prefetch.Read(tree->Blocks + ((nint)(leaves[i] & BitTree<THead>.NumberMask) * BitTree<THead>.BlockBytes));
            }

            for (int i = 0; i < count; i++)
            {
                first[i] = FirstOf(index, tree, leaves[i], 0, first[i], views[i]);
                Prefetch.Read(RuleAt(index, first[i]));
            }
        }
    }

    /// <summary>What rule <paramref name="rule"/> does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static IndexedRule* RuleAt(ChainIndex<THead>* index, int rule) => (IndexedRule*)(HeadOf(index, rule) + THead.Size);

    /// <summary>The head of rule <paramref name="rule"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* HeadOf(ChainIndex<THead>* index, int rule) => index->Records + ((nint)rule * Stride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Fits(ChainIndex<THead>* index, int rule, in PacketView view) =>
        THead.Fits(HeadOf(index, rule), view) && RuleAt(index, rule)->HasPortsOf(view);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FirstOf(ChainIndex<THead>* index, IndexSlot* slot, int from, int best, in PacketView view)
    {
        if (slot->Count == 1)
        {
            int only = slot->First;
            return only >= from && only < best && Fits(index, only, view) ? only : best;
        }

        int* list = index->Lists + slot->First;
        for (int i = LowerBound(list, slot->Count, from); i < slot->Count && list[i] < best; i++)
        {
            if (Fits(index, list[i], view))
                return list[i];
        }

        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FirstOf(ChainIndex<THead>* index, BitTree<THead>* tree, uint leaf, int from, int best, in PacketView view)
    {
        nint block = (nint)(leaf & BitTree<THead>.NumberMask), end = block + (nint)(leaf >> BitTree<THead>.CountShift);
        for (; block < end; block++)
        {
            int* ids = tree->Ids + (block * BitTree<THead>.Lanes);
            for (uint matching = BitTree<THead>.Matching(tree, block, view); matching != 0; matching &= matching - 1)
            {
                int rule = ids[BitOperations.TrailingZeroCount(matching)];
                if (rule >= best)
                    return best;
                if (rule >= from && RuleAt(index, rule)->HasPortsOf(view))
                    return rule;
            }
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
}
