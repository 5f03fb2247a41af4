using DatapathKernels.Memory;

namespace DatapathKernels.Filtering;

/// <content>Laying out a whole program: O(rules).</content>
internal sealed unsafe partial class PackedRules<THead>
{
    private const int CellsPerLine = 8;

    /// <summary>Packs a program. It must outlive this: what is not packed is looked up there.</summary>
    public PackedRules(RuleProgram program)
    {
        Starts = new int[program.Starts.Length];
        Ends = new int[program.Starts.Length];
        Array.Fill(Starts, -1);
        Builder builder = new(this, program);
        for (int chain = 0; chain < Starts.Length; chain++)
        {
            if (program.Chains[chain].Hook is not null)
                builder.PlaceWithCallees(chain);
        }

        for (int chain = 0; chain < Starts.Length; chain++)
            builder.PlaceWithCallees(chain);
        _cells = builder.Seal();
        LinkJumps();
    }

    /// <summary>Jumps named their chain's number so far; now its block is known.</summary>
    private void LinkJumps()
    {
        for (int chain = 0; chain < Starts.Length; chain++)
        {
            for (ulong* op = Cells + Starts[chain] + 1; op <= Cells + Ends[chain]; op += PackedOp.LengthOf(*op))
                Link(op);
        }

        foreach (ChainIndexMemory<THead> index in _indexes)
        {
            for (int rule = 0; rule < index.Index->Count; rule++)
                Link(&ChainIndex<THead>.RuleAt(index.Index, rule)->Word);
        }
    }

    private void Link(ulong* op)
    {
        if (PackedOp.ActionOf(*op) is (int)RuleAction.Jump or (int)RuleAction.Goto)
            *op = PackedOp.WithArgument(*op, (uint)Starts[PackedOp.ArgumentOf(*op)]);
    }

    private int MaskNumber(in RuleMask mask)
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
