using System.Numerics;
using System.Runtime.CompilerServices;
using DatapathKernels.Simd;

namespace DatapathKernels.Filtering;

/// <summary>
/// The first rules of what is left of a chain rule by rule, the rest by columns. Most chains (those of one Service, one
/// endpoint) end within the first rules and never touch the columns.
/// </summary>
internal readonly unsafe struct VectorScan<THead, TIsa>(byte* heads, RuleColumns columns) : IRuleScan
    where THead : struct, IRuleHead
    where TIsa : struct, IIsa
{
    private const int Block = 16;

    private readonly byte* _heads = heads;
    private readonly RuleColumns _columns = columns;

    /// <inheritdoc/>
    // SAFE: as in the linear walk, the end of the chain matches at the latest
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Next(int rule, in PacketView view)
    {
        for (int last = rule + RuleColumns.LeastRules; rule < last; rule++)
        {
            if (THead.Fits(_heads + ((nint)rule * THead.Size), view))
                return rule;
        }

        return NextInColumns(rule, view);
    }

    /// <summary>
    /// Past as many rules, the chain is one of those with columns. Blocks of 64 rules are passed over as long as none of
    /// them passes the first word's test; then the blocks of 16 are taken one by one, with a mask of the rules that pass.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int NextInColumns(int rule, in PacketView view)
    {
        ref readonly ColumnPlan plan = ref _columns.PlanOf(rule);
        uint* masks = _columns.Of(plan);
        nint length = plan.Length;
        uint word = WordSelection.Word(view, plan.Words[0]);
        int row = rule - plan.FirstRule;
        uint wanted = uint.MaxValue << (row % Block);
        row -= row % Block;
        while (true)
        {
            // SAFE: the end of the chain passes every test and lies before row = length, so row stays below it
            while (row % RuleColumns.Stride == 0 && ColumnTest.NonePasses<TIsa>(masks + row, masks + length + row, word))
            {
                row += RuleColumns.Stride;
                wanted = uint.MaxValue;
            }

            uint passing = ColumnTest.Passing<TIsa>(masks + row, masks + length + row, word) & wanted;
            if (passing != 0 && (passing = PassingAll(plan, masks + row, view, passing)) != 0)
                return plan.FirstRule + row + BitOperations.TrailingZeroCount(passing);
            row += Block;
            wanted = uint.MaxValue;
        }
    }

    /// <summary>Which rules of a block that passed the first word's test pass those of the others too.</summary>
    private static uint PassingAll(in ColumnPlan plan, uint* masks, in PacketView view, uint passing)
    {
        nint length = plan.Length;
        for (int i = 1; i < plan.WordCount && passing != 0; i++)
        {
            masks += 2 * length;
            passing &= ColumnTest.Passing<TIsa>(masks, masks + length, WordSelection.Word(view, plan.Words[i]));
        }

        return passing;
    }
}
