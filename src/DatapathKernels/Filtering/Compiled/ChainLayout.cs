namespace DatapathKernels.Filtering;

/// <summary>Which rules stand where, by number: the program's own arrays until chains are replaced, then copies with room.</summary>
internal sealed class ChainLayout(Chain?[] chains, int[] starts, int[] ends, Rule?[] rules, int count)
{
    /// <summary>Of a compiled program.</summary>
    public ChainLayout(RuleProgram program)
        : this(program.Chains, program.Starts, program.Ends, program.Rules, program.Chains.Length)
    {
    }

    /// <summary>The chains by their number; null for one that was removed.</summary>
    public Chain?[] Chains { get; private set; } = chains;

    /// <summary>The number of each chain's first rule.</summary>
    public int[] Starts { get; private set; } = starts;

    /// <summary>The number of each chain's end.</summary>
    public int[] Ends { get; private set; } = ends;

    /// <summary>The rules by their number; null for ends and free numbers.</summary>
    public Rule?[] Rules { get; } = rules;

    /// <summary>Number of chain numbers given out.</summary>
    public int Count { get; private set; } = count;

    /// <summary>Whose room the first block of a chain takes that came with an update.</summary>
    public Dictionary<int, RulePatch> Homes { get; } = [];

    /// <summary>A copy that can be changed, with numbers for that many rules and ends.</summary>
    public ChainLayout WithRoom(int numbers)
    {
        Rule?[] rules = new Rule?[numbers];
        Rules.CopyTo(rules, 0);
        return new ChainLayout((Chain?[])Chains.Clone(), Starts.AsSpan().ToArray(), Ends.AsSpan().ToArray(), rules, Count);
    }

    /// <summary>Puts a chain in its place.</summary>
    public void Set(int id, Chain chain, int start, int end, ReadOnlySpan<Rule?> rules)
    {
        if (id >= Chains.Length)
            Grow(id);
        Count = Math.Max(Count, id + 1);
        Chains[id] = chain;
        Starts[id] = start;
        Ends[id] = end;
        rules.CopyTo(Rules.AsSpan(start));
        Rules[end] = null;
    }

    /// <summary>The chain a rule or an end belongs to; -1 when none has that number. O(chains).</summary>
    public int ChainOf(int number)
    {
        for (int id = 0; id < Count; id++)
        {
            if (Chains[id] is not null && number >= Starts[id] && number <= Ends[id])
                return id;
        }

        return -1;
    }

    private void Grow(int id)
    {
        int room = id + (id / 2) + 16;
        Chain?[] chains = Chains;
        int[] starts = Starts, ends = Ends;
        Array.Resize(ref chains, room);
        Array.Resize(ref starts, room);
        Array.Resize(ref ends, room);
        (Chains, Starts, Ends) = (chains, starts, ends);
    }
}
