using DatapathKernels.Memory;

namespace DatapathKernels.Filtering;

/// <summary>
/// The heads of the longer chains once more, transposed: for each 32-bit word of a head one column of masks and one of values,
/// so that one instruction tests the same word of 16 rules.
/// <code>
/// chain:  masks of its most selective word    m0 m1 m2 ...   64-byte aligned, 4 bytes a rule
///         values of that word                 v0 v1 v2 ...
///         masks of the next word              ...
/// </code>
/// A walk streams the first two columns, 8 bytes a rule, and looks at the next only where a rule of a block of 16 passed. The
/// chain's end stands in the columns too and matches everything, so what follows it up to the columns' end is never reported.
/// </summary>
internal sealed unsafe class RuleColumns : IDisposable
{
    /// <summary>Chains of fewer rules are walked rule by rule: their heads lie in a few lines.</summary>
    public const int LeastRules = 16;

    /// <summary>Rules tested at a time, and what the length of a column is a multiple of.</summary>
    public const int Stride = 64;

    private readonly NativeBuffer? _memory;
    private readonly ColumnPlan[] _plans;
    private readonly int[] _firstRules;

    private RuleColumns(ColumnPlan[] plans, nint words)
    {
        _plans = plans;
        _firstRules = new int[plans.Length];
        for (int i = 0; i < plans.Length; i++)
            _firstRules[i] = plans[i].FirstRule;
        if (words > 0)
            _memory = new NativeBuffer((nuint)words * sizeof(uint));
    }

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => (long)(_memory?.Length ?? 0);

    /// <summary>The columns of a program. O(rules of the longer chains).</summary>
    public static RuleColumns Build(RuleProgram program) =>
        program.Family == IpFamily.V4 ? Build<RuleHeadV4>(program) : Build<RuleHeadV6>(program);

    /// <summary>The first pair of columns of a chain.</summary>
    // SAFE: the offset was planned inside the buffer
    public uint* Of(in ColumnPlan plan) => (uint*)_memory!.Pointer + plan.Offset;

    /// <summary>The plan of the chain that a rule lies in; it must be a chain of <see cref="LeastRules"/> or more.</summary>
    public ref readonly ColumnPlan PlanOf(int rule)
    {
        int index = Array.BinarySearch(_firstRules, rule);
        return ref _plans[index >= 0 ? index : ~index - 1];
    }

    public void Dispose() => _memory?.Dispose();

    private static RuleColumns Build<THead>(RuleProgram program)
        where THead : struct, IRuleHead
    {
        List<ColumnPlan> plans = [];
        nint words = 0;
        for (int chain = 0; chain < program.Chains.Length; chain++)
        {
            int first = program.Starts[chain], end = program.Ends[chain];
            if (end - first < LeastRules)
                continue;
            ColumnPlan plan = WordSelection.Plan<THead>(program.Heads, first, end);
            plan.Offset = words;
            plan.Length = (end - first + Stride) / Stride * Stride;
            words += (nint)plan.Length * plan.WordCount * 2;
            plans.Add(plan);
        }

        RuleColumns columns = new([.. plans], words);
        foreach (ColumnPlan plan in plans)
            columns.Fill<THead>(program.Heads, plan);
        return columns;
    }

    // SAFE: rules from the chain's first to its end, columns as long as planned
    private void Fill<THead>(byte* heads, in ColumnPlan plan)
        where THead : struct, IRuleHead
    {
        uint* column = Of(plan);
        for (int i = 0; i < plan.WordCount; i++, column += 2 * plan.Length)
        {
            for (int row = 0; row <= plan.End - plan.FirstRule; row++)
                (column[row], column[plan.Length + row]) = WordSelection.Test<THead>(heads, plan.FirstRule + row, plan.Words[i]);
        }
    }
}
