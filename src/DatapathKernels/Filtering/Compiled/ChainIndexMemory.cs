using System.Runtime.InteropServices;
using DatapathKernels.Memory;

namespace DatapathKernels.Filtering;

/// <summary>Builds a <see cref="ChainIndex{THead}"/> and owns its memory. O(rules), arrays only.</summary>
internal sealed unsafe class ChainIndexMemory<THead> : IDisposable
    where THead : struct, IRuleHead
{
    private readonly NativeBuffer _memory;
    private readonly NativeBuffer? _trees;
    private readonly ChainIndex<THead>* _index;
    private NativeBuffer? _shortcuts;
    private int _cells;

    /// <summary>Indexes a chain. What its rules do is for the caller to fill in (<see cref="ChainIndex{THead}.RuleAt"/>).</summary>
    /// <param name="heads">The heads of its rules; they are copied.</param>
    /// <param name="count">Number of rules.</param>
    /// <param name="firstNumber">The number of the first.</param>
    public ChainIndexMemory(byte* heads, int count, int firstNumber)
    {
        int[] tableOf = new int[count];
        List<TuplePlan<THead>>? exact = TuplePlan<THead>.GroupExactly(heads, tableOf);
        int trees = 0;
        _trees = exact is null ? BitTreeBuilder<THead>.Build(heads, count, out trees) : null;
        List<TuplePlan<THead>> plans = exact ?? (_trees is null ? TuplePlan<THead>.GroupCoarsely(heads, tableOf) : []);
        nuint tables = (nuint)plans.Count * (nuint)sizeof(TupleTable), slots = 0;
        foreach (TuplePlan<THead> plan in plans)
            slots += plan.Slots * (nuint)sizeof(IndexSlot);
        nuint records = (nuint)count * (nuint)ChainIndex<THead>.Stride;
        nuint start = (nuint)sizeof(ChainIndex<THead>), slotsStart = start + tables, recordsStart = (slotsStart + slots + 63) & ~(nuint)63;
        _memory = new NativeBuffer(recordsStart + records + (((nuint)count + 1) * sizeof(int)));
        _index = (ChainIndex<THead>*)_memory.Pointer;
        _index->Count = count;
        _index->FirstNumber = firstNumber;
        _index->Tables = (TupleTable*)(_memory.Pointer + start);
        _index->TablesEnd = _index->Tables + plans.Count;
        _index->Records = _memory.Pointer + recordsStart;
        _index->Lists = (int*)(_index->Records + records);
        for (int rule = 0; rule < count; rule++)
            new ReadOnlySpan<byte>(heads + ((nint)rule * THead.Size), THead.Size).CopyTo(new Span<byte>(ChainIndex<THead>.HeadOf(_index, rule), THead.Size));
        if (_trees is not null)
        {
            _index->Trees = (BitTree<THead>*)_trees.Pointer;
            _index->TreesEnd = _index->Trees + trees;
            return;
        }

        Place(plans, (IndexSlot*)(_memory.Pointer + slotsStart));
        Fill(heads, tableOf);
    }

    /// <summary>The index; valid until <see cref="Dispose"/>.</summary>
    public ChainIndex<THead>* Index => _index;

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => (long)(_memory.Length + (_trees?.Length ?? 0) + (_shortcuts?.Length ?? 0));

    /// <summary>Gives it a <see cref="ShortcutTable"/>, which it owns from now on. Walks see it by <see cref="Publish"/>.</summary>
    /// <param name="shortcuts">The table.</param>
    /// <param name="cells">The line its cells begin at; see <see cref="ShortcutTable.Cells"/>.</param>
    public void Attach(NativeBuffer shortcuts, int cells) => (_shortcuts, _cells) = (shortcuts, cells);

    /// <summary>Lets walks see its shortcuts, if it has any.</summary>
    public void Publish(ShortcutRecords records)
    {
        if (_shortcuts is null)
            return;
        ShortcutTable* table = (ShortcutTable*)_shortcuts.Pointer;
        table->Records = records.Pointer;
        table->Cells = (byte*)records.At((uint)_cells);
        Volatile.Write(ref *(nint*)&_index->Shortcuts, (nint)table);
    }

    public void Dispose()
    {
        _memory.Dispose();
        _trees?.Dispose();
        _shortcuts?.Dispose();
    }

    private void Place(List<TuplePlan<THead>> plans, IndexSlot* slots)
    {
        for (int i = 0; i < plans.Count; i++)
        {
            TuplePlan<THead> plan = plans[i];
            _index->Tables[i] = new TupleTable { Mask = plan.Mask, First = plan.First, Last = plan.Last, Slots = slots, SlotMask = (uint)plan.Slots - 1 };
            slots += plan.Slots;
        }
    }

    // Twice over the rules: the first round counts those of each slot, the second writes them down, in order.
    private void Fill(byte* heads, int[] tableOf)
    {
        IndexSlot*[] slotOf = new IndexSlot*[tableOf.Length];
        for (int rule = 0; rule < tableOf.Length; rule++)
        {
            TupleTable* table = _index->Tables + tableOf[rule];
            slotOf[rule] = SlotOf(table, THead.HashOf(table->Mask, THead.ValueOf(heads, rule)));
            slotOf[rule]->Count++;
        }

        int next = 0;
        Dictionary<nint, int> lengths = [];
        for (int rule = 0; rule < tableOf.Length; rule++)
        {
            IndexSlot* slot = slotOf[rule];
            if (slot->Count == 1)
            {
                slot->First = rule;
                continue;
            }

            ref int length = ref CollectionsMarshal.GetValueRefOrAddDefault(lengths, (nint)slot, out bool known);
            if (!known)
            {
                slot->First = next;
                next += slot->Count;
            }

            _index->Lists[slot->First + length++] = rule;
        }
    }

    private static IndexSlot* SlotOf(TupleTable* table, ulong hash)
    {
        uint i = (uint)hash & table->SlotMask;
        while (table->Slots[i].Count != 0 && table->Slots[i].Hash != hash)
            i = (i + 1) & table->SlotMask;
        table->Slots[i].Hash = hash;
        return table->Slots + i;
    }
}
