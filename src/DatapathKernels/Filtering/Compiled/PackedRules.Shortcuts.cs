using DatapathKernels.Memory;

namespace DatapathKernels.Filtering;

/// <content>
/// Shortcuts through dispatch chains. They say again what blocks say, so whenever blocks take others' place, the shortcuts
/// that were read from the old ones are read anew; a walk meanwhile takes the old or the new one, as with blocks.
/// </content>
internal sealed unsafe partial class PackedRules<THead>
{
    private readonly ShortcutRecords _records = new();
    private readonly List<uint> _retired = [];
    private readonly List<nint> _left = [];
    private Dictionary<int, List<ShortcutUse>>? _users;

    /// <summary>Makes the shortcuts of an index; walks see them once they are whole.</summary>
    private void AddShortcuts(ChainIndexMemory<THead> memory)
    {
        ChainIndex<THead>* index = memory.Index;
        int exact = 0, first = index->Count;
        for (int rule = 0; rule < index->Count; rule++)
        {
            if (THead.IsExact(MaskOf(index, rule)))
                exact++;
            else
                first = Math.Min(first, rule);
        }

        if (exact == 0)
            return;
        NativeBuffer slots = new(ShortcutTable.BytesOf(exact));
        ShortcutTable* table = ShortcutTable.Create(slots.Pointer, exact);
        ShortcutFinder finder = new(Cells, Masks);
        for (int rule = 0; rule < index->Count; rule++)
        {
            if (!THead.IsExact(MaskOf(index, rule)))
                continue;
            ulong key = THead.KeyOf(THead.ValueOf(ChainIndex<THead>.HeadOf(index, rule), 0));
            ShortcutSlot* slot = ShortcutTable.Find(table, ShortcutTable.HomeOf(table, key), key);
            // Where several rules have one key, or others come before, all must be asked in their order.
            if (slot == null)
                ShortcutTable.Add(table, key)->Rule = rule > first ? -1 : rule;
            else
                slot->Rule = -1;
        }

        memory.Attach(slots, AddRecords(index, table, finder));
    }

    /// <summary>The records of all slots; returns the line where those of buckets' first keys begin.</summary>
    private int AddRecords(ChainIndex<THead>* index, ShortcutTable* table, ShortcutFinder finder)
    {
        int cells = _records.Reserve(ShortcutTable.CountOf(table) * ShortcutTable.CellLines);
        for (int bucket = 0; bucket < ShortcutTable.CountOf(table); bucket++)
        {
            for (int place = 0; place < ShortcutBucket.Places; place++)
            {
                ShortcutSlot* slot = ShortcutTable.SlotAt(table, bucket, place);
                if (!ShortcutTable.HasKey(table, bucket, place) || slot->Rule < 0)
                    continue;
                ReadOnlySpan<byte> record = Find(finder, index, slot->Rule);
                bool hasCell = place == 0 && cells != 0 && !record.IsEmpty && record.Length <= ShortcutTable.CellLines * ShortcutRecords.LineBytes;
                slot->Record = hasCell ? _records.Put(cells + (bucket * ShortcutTable.CellLines), record) : _records.Add(record);
            }
        }

        return cells;
    }

    private void AddAllShortcuts()
    {
        foreach (ChainIndexMemory<THead> memory in _indexes)
            AddShortcuts(memory);
        _records.Seal();
        foreach (ChainIndexMemory<THead> memory in _indexes)
            memory.Publish(_records);
    }

    /// <summary>Makes the shortcuts of the dispatch chains of an update, once its blocks stand.</summary>
    private void AddShortcutsOf(in PackedUpdate update)
    {
        for (int chain = 0; chain < update.Starts.Length; chain++)
        {
            if (IndexOf(update, chain) is var index && index == null)
                continue;
            ChainIndexMemory<THead> memory = _indexes.Find(memory => memory.Index == index)!;
            AddShortcuts(memory);
            memory.Publish(_records);
            _users = null;
        }
    }

    /// <summary>Notes that no walk will come to a block any more, if it has an index: what its shortcuts counted is told by <see cref="FreeShortcuts"/>.</summary>
    private void LeaveShortcuts(uint block)
    {
        if (PackedOp.ActionOf(Cells[block + 1]) != PackedOp.Indexed)
            return;
        ChainIndex<THead>* index = (ChainIndex<THead>*)Cells[block + 2];
        if (index->Shortcuts != null)
            _left.Add((nint)index);
    }

    /// <summary>Reads anew what led through chains that were replaced.</summary>
    private void RenewShortcuts(List<int> homes)
    {
        if (homes.Count == 0)
            return;
        Dictionary<int, List<ShortcutUse>> users = _users ??= FindUsers();
        ShortcutFinder finder = new(Cells, Masks);
        foreach (int home in homes)
        {
            if (users.TryGetValue(home, out List<ShortcutUse>? uses))
            {
                foreach (ShortcutUse use in uses.ToArray())
                    Renew(users, finder, use);
            }
        }
    }

    private void Renew(Dictionary<int, List<ShortcutUse>> users, ShortcutFinder finder, ShortcutUse use)
    {
        ShortcutSlot* slot = SlotOf(use.Memory.Index, use.Memory.Index->Shortcuts, use.Rule);
        ReadOnlySpan<byte> record = Find(finder, use.Memory.Index, use.Rule);
        NoteUses(users, finder, use);
        uint old = slot->Record;
        Volatile.Write(ref slot->Record, _records.Add(record));
        if (old != 0)
            _retired.Add(old);
    }

    /// <summary>Tells what replaced shortcuts counted, and gives their room back; no walk may be there.</summary>
    public void FreeShortcuts(Action<int, RuleCounters> add)
    {
        foreach (nint index in _left)
        {
            ShortcutTable.ForEach(((ChainIndex<THead>*)index)->Shortcuts, slot => _retired.Add(slot->Record));
            ((ChainIndex<THead>*)index)->Shortcuts = null;
            _users = null;
        }

        foreach (uint record in _retired)
        {
            ShortcutCounts.Tell(_records.At(record), add);
            _records.Give(record);
        }

        _retired.Clear();
        _left.Clear();
    }

    /// <summary>Tells what shortcuts counted that walks take. It may be one packet behind a walk under way.</summary>
    public void TellCounts(Action<int, RuleCounters> add) => ForEachShortcut(shortcut => ShortcutCounts.Tell((Shortcut*)shortcut, add));

    /// <summary>Sets the counters of all shortcuts to zero. Not beside walks.</summary>
    public void ClearCounts() => ForEachShortcut(shortcut => ShortcutCounts.Clear((Shortcut*)shortcut));

    private void ForEachShortcut(Action<nint> action)
    {
        foreach (ChainIndexMemory<THead> memory in _indexes)
        {
            if (memory.Index->Shortcuts is var table && table != null)
                ShortcutTable.ForEach(table, slot => action((nint)_records.At(slot->Record)));
        }
    }

    /// <summary>Which shortcuts were read from a chain, by its home. O(rules).</summary>
    private Dictionary<int, List<ShortcutUse>> FindUsers()
    {
        Dictionary<int, List<ShortcutUse>> users = [];
        ShortcutFinder finder = new(Cells, Masks);
        foreach (ChainIndexMemory<THead> memory in _indexes)
        {
            ChainIndex<THead>* index = memory.Index;
            for (int rule = 0; index->Shortcuts != null && rule < index->Count; rule++)
            {
                if (!THead.IsExact(MaskOf(index, rule)) || SlotOf(index, index->Shortcuts, rule)->Rule != rule)
                    continue;
                Find(finder, index, rule);
                NoteUses(users, finder, new ShortcutUse(memory, rule));
            }
        }

        return users;
    }

    // A chain that made a shortcut impossible is among the homes too: once it is replaced, there may be one.
    private static void NoteUses(Dictionary<int, List<ShortcutUse>> users, ShortcutFinder finder, ShortcutUse use)
    {
        foreach (int home in finder.Homes)
        {
            if (!users.TryGetValue(home, out List<ShortcutUse>? uses))
                users.Add(home, uses = []);
            if (!uses.Contains(use))
                uses.Add(use);
        }
    }

    private static ReadOnlySpan<byte> Find(ShortcutFinder finder, ChainIndex<THead>* index, int rule)
    {
        finder.Start(MaskOf(index, rule), THead.ValueOf(ChainIndex<THead>.HeadOf(index, rule), 0), index->FirstNumber + rule);
        return finder.Find(ChainIndex<THead>.RuleAt(index, rule)->Word);
    }

    private static ShortcutSlot* SlotOf(ChainIndex<THead>* index, ShortcutTable* table, int rule)
    {
        ulong key = THead.KeyOf(THead.ValueOf(ChainIndex<THead>.HeadOf(index, rule), 0));
        return ShortcutTable.Find(table, ShortcutTable.HomeOf(table, key), key);
    }

    private static RuleMask MaskOf(ChainIndex<THead>* index, int rule) => THead.MaskOf(ChainIndex<THead>.HeadOf(index, rule), 0);

    /// <summary>A dispatch rule with a shortcut, or without one so far.</summary>
    private sealed record ShortcutUse(ChainIndexMemory<THead> Memory, int Rule);
}
