using System.Runtime.CompilerServices;

namespace DatapathKernels.Filtering;

/// <summary>Finds the order in which the words of a chain's rules are compared.</summary>
internal static unsafe class WordSelection
{
    /// <summary>Rules looked at to order the words: enough to tell those that differ much from those that do not.</summary>
    private const int SampleSize = 256;

    /// <summary>
    /// Orders the words by how likely a packet made for one rule passes another one's test of that word: rules that do not
    /// test it, and rules that expect the same. Words that no rule tests are left out.
    /// </summary>
    public static ColumnPlan Plan<THead>(byte* heads, int first, int end)
        where THead : struct, IRuleHead
    {
        ColumnPlan plan = new() { FirstRule = first, End = end };
        Span<double> shares = stackalloc double[ColumnPlan.MaxWords];
        Dictionary<(uint Mask, uint Value), int> groups = [];
        int step = Math.Max(1, (end - first) / SampleSize);
        PacketView tested = TestedBits<THead>(heads, first, end);
        for (int word = 0; word < ColumnPlan.MaxWords; word++)
        {
            if (Word(tested, word) == 0)
                continue;
            shares[word] = PassingShare<THead>(heads, first, end, step, word, groups);
            plan.Words[plan.WordCount++] = (byte)word;
        }

        // Nothing differs (every rule matches every packet): one column all the same, so that a scan has something to read.
        plan.WordCount = Math.Max(plan.WordCount, 1);
        Sort(ref plan, shares);
        return plan;
    }

    /// <summary>One word of a rule's mask and of what it expects there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (uint Mask, uint Value) Test<THead>(byte* heads, int rule, int word)
        where THead : struct, IRuleHead
    {
        RuleMask mask = THead.MaskOf(heads, rule);
        PacketView masks = new() { Transport = mask.Transport, Source0 = mask.Source0, Source1 = mask.Source1, Destination0 = mask.Destination0, Destination1 = mask.Destination1 };
        PacketView values = THead.ValueOf(heads, rule);
        return (Word(masks, word), Word(values, word));
    }

    /// <summary>A 32-bit word of a packet.</summary>
    // SAFE: the view is ten such words, and word is below that
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Word(in PacketView view, int word) => Unsafe.Add(ref Unsafe.As<PacketView, uint>(ref Unsafe.AsRef(in view)), word);

    /// <summary>The bits that any rule of the chain tests, every rule looked at: a word left out is never tested.</summary>
    private static PacketView TestedBits<THead>(byte* heads, int first, int end)
        where THead : struct, IRuleHead
    {
        PacketView tested = default;
        for (int rule = first; rule < end; rule++)
        {
            RuleMask mask = THead.MaskOf(heads, rule);
            tested.Transport |= mask.Transport;
            tested.Source0 |= mask.Source0;
            tested.Source1 |= mask.Source1;
            tested.Destination0 |= mask.Destination0;
            tested.Destination1 |= mask.Destination1;
        }

        return tested;
    }

    private static double PassingShare<THead>(byte* heads, int first, int end, int step, int word, Dictionary<(uint Mask, uint Value), int> groups)
        where THead : struct, IRuleHead
    {
        groups.Clear();
        int count = 0;
        for (int rule = first; rule < end; rule += step, count++)
        {
            (uint Mask, uint Value) test = Test<THead>(heads, rule, word);
            groups[test] = groups.GetValueOrDefault(test) + 1;
        }

        double passing = 0;
        foreach (((uint mask, _), int rules) in groups)
            passing += mask == 0 ? rules : (double)rules * rules / count;

        return passing / count;
    }

    private static void Sort(ref ColumnPlan plan, ReadOnlySpan<double> shares)
    {
        for (int i = 1; i < plan.WordCount; i++)
        {
            for (int j = i; j > 0 && shares[plan.Words[j]] < shares[plan.Words[j - 1]]; j--)
                (plan.Words[j], plan.Words[j - 1]) = (plan.Words[j - 1], plan.Words[j]);
        }
    }
}
