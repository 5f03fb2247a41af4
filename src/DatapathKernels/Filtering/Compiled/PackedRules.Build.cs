using DatapathKernels.Memory;

namespace DatapathKernels.Filtering;

/// <content>Laying out a whole program: O(rules).</content>
internal sealed unsafe partial class PackedRules<THead>
{
    private const int CellsPerLine = 8;

    /// <summary>Packs a program. It must outlive this: what is not packed is looked up there.</summary>
    /// <param name="program">The program.</param>
    /// <param name="spareRules">Room for that many more rules of usual size.</param>
    public PackedRules(RuleProgram program, int spareRules)
    {
        // No test at all is mask 0: the end of a chain never wants for one.
        _ = MaskNumber(default);
        PackedBuilder<THead> builder = new(program, 0, MaskNumber);
        for (int chain = 0; chain < program.Chains.Length; chain++)
        {
            if (program.Chains[chain].Hook is not null)
                builder.PlaceWithCallees(chain);
        }

        for (int chain = 0; chain < program.Chains.Length; chain++)
            builder.PlaceWithCallees(chain);

        int used = RoundUp(builder.Cells.Length), spare = RoundUp(spareRules * 4);
        _cells = new NativeBuffer((nuint)(used + spare + CellsPerLine) * sizeof(ulong));
        _spare = new RangePool(used, spare);
        builder.Cells.CopyTo(new Span<ulong>(Cells, used));
        _indexes.AddRange(builder.Indexes);
        _homes = builder.Starts;
        _entries = new ulong[_homes.Length];
        for (int chain = 0; chain < _homes.Length; chain++)
        {
            _entries[chain] = (uint)builder.Starts[chain] | ((ulong)builder.Ends[chain] << 32);
            LinkJumps(builder.Starts[chain], builder.Ends[chain], _homes);
        }

        AddAllShortcuts();
        CountBytes();
    }

    /// <summary>Jumps of a block named their chain's number so far; now its home is known.</summary>
    private void LinkJumps(int start, int end, ReadOnlySpan<int> homes)
    {
        for (ulong* op = Cells + start + 1; op < Cells + end; op += PackedOp.LengthOf(*op))
        {
            if (PackedOp.ActionOf(*op) != PackedOp.Indexed)
            {
                Link(op, homes);
                continue;
            }

            ChainIndex<THead>* index = *(ChainIndex<THead>**)(op + 1);
            for (int rule = 0; rule < index->Count; rule++)
                Link(&ChainIndex<THead>.RuleAt(index, rule)->Word, homes);
        }
    }

    private static void Link(ulong* op, ReadOnlySpan<int> homes)
    {
        if (PackedOp.ActionOf(*op) is (int)RuleAction.Jump or (int)RuleAction.Goto)
            *op = PackedOp.WithArgument(*op, (uint)homes[(int)PackedOp.ArgumentOf(*op)]);
    }

    private static int RoundUp(int cells) => (cells + CellsPerLine - 1) / CellsPerLine * CellsPerLine;

    private int MaskNumber(RuleMask mask)
    {
        if (_maskNumbers.TryGetValue(mask, out int number))
            return number;
        if (_maskNumbers.Count == MostMasks)
            return -1;
        number = _maskNumbers.Count;
        _maskNumbers.Add(mask, number);
        Masks[number] = mask;
        return number;
    }
}
