namespace DatapathKernels.Filtering;

/// <content>
/// Replacing chains under a reader. Each step leaves every walk possible: blocks are written where no walk goes, then the
/// homes' headers are turned to them, one aligned store each. What is left behind is given back by <see cref="Free"/> when
/// the caller has seen the reader pass.
/// </content>
internal sealed unsafe partial class PackedRules<THead>
{
    /// <summary>Writes the blocks of a small program, where no walk goes yet. False when there is no room.</summary>
    /// <param name="program">The program.</param>
    /// <param name="firstNumber">The number its rule 0 gets.</param>
    /// <param name="ids">The number of each of its chains here.</param>
    /// <param name="stubs">True for the chains that only stand for one that is here.</param>
    /// <param name="update">What was written.</param>
    public bool TryWrite(RuleProgram program, int firstNumber, int[] ids, bool[] stubs, out PackedUpdate update)
    {
        PackedBuilder<THead> builder = new(program, firstNumber, MaskNumber);
        for (int chain = 0; chain < ids.Length; chain++)
        {
            if (!stubs[chain])
                builder.Place(chain);
        }

        int length = RoundUp(builder.Cells.Length);
        update = default;
        if (!_spare.TryTake(length, out int cells))
        {
            foreach (ChainIndexMemory<THead> index in builder.Indexes)
                index.Dispose();
            return false;
        }

        builder.Cells.CopyTo(new Span<ulong>(Cells + cells, length));
        _indexes.AddRange(builder.Indexes);
        int[] homes = new int[ids.Length];
        for (int chain = 0; chain < ids.Length; chain++)
            homes[chain] = ids[chain] < _homes.Length && _homes[ids[chain]] >= 0 ? _homes[ids[chain]] : cells + builder.Starts[chain];
        for (int chain = 0; chain < ids.Length; chain++)
        {
            if (!stubs[chain])
                LinkJumps(cells + builder.Starts[chain], cells + builder.Ends[chain], homes);
        }

        CountBytes();
        update = new PackedUpdate(cells, length, builder.Starts, builder.Ends, homes);
        return true;
    }

    /// <summary>Makes walks that enter a chain from now on enter its new block.</summary>
    public void Publish(in PackedUpdate update, int[] ids, bool[] stubs)
    {
        List<int> replaced = [];
        for (int chain = 0; chain < ids.Length; chain++)
        {
            if (stubs[chain])
                continue;
            int start = update.Cells + update.Starts[chain], end = update.Cells + update.Ends[chain], id = ids[chain];
            if (id >= _homes.Length)
                Grow(id + 1);
            _homes[id] = update.Homes[chain];
            if (update.Homes[chain] != start)
            {
                LeaveShortcuts(BlockAt(update.Homes[chain]));
                Volatile.Write(ref Cells[update.Homes[chain]], (Cells[start] & uint.MaxValue) | ((ulong)start << 32));
                replaced.Add(update.Homes[chain]);
            }

            Volatile.Write(ref _entries[id], (uint)start | ((ulong)end << 32));
        }

        RenewShortcuts(replaced);
        AddShortcutsOf(update);
        Volatile.Write(ref _version, _version + 1);
    }

    /// <summary>Forgets a chain no rule jumps to.</summary>
    public void Remove(int id)
    {
        _users?.Remove(_homes[id]);
        LeaveShortcuts(BlockAt(_homes[id]));
        _homes[id] = -1;
        Volatile.Write(ref _entries[id], 0);
        Volatile.Write(ref _version, _version + 1);
    }

    /// <summary>The block that walks enter at a home.</summary>
    private uint BlockAt(int home) => Cells[home] >> 32 is var forward && forward != 0 ? (uint)forward : (uint)home;

    /// <summary>Gives the room of an update back; no walk may be there.</summary>
    public void Free(in PackedUpdate update)
    {
        for (int chain = 0; chain < update.Starts.Length; chain++)
        {
            if (IndexOf(update, chain) is var index && index != null)
                FreeIndex(index);
        }

        _spare.Give(update.Cells, update.Length);
    }

    /// <summary>The index of a chain of an update; null when it has none.</summary>
    private ChainIndex<THead>* IndexOf(in PackedUpdate update, int chain)
    {
        ulong* block = Cells + update.Cells + update.Starts[chain];
        return update.Starts[chain] >= 0 && PackedOp.ActionOf(block[1]) == PackedOp.Indexed ? (ChainIndex<THead>*)block[2] : null;
    }

    private void FreeIndex(ChainIndex<THead>* index)
    {
        _users = null;
        int at = _indexes.FindIndex(memory => memory.Index == index);
        _indexes[at].Dispose();
        _indexes.RemoveAt(at);
    }

    private void Grow(int count)
    {
        int room = Math.Max(count, _homes.Length + (_homes.Length / 2) + 16), old = _homes.Length;
        Array.Resize(ref _homes, room);
        Array.Fill(_homes, -1, old, room - old);
        ulong[] entries = new ulong[room];
        _entries.CopyTo(entries, 0);
        Volatile.Write(ref _entries, entries);
    }
}
