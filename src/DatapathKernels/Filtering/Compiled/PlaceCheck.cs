namespace DatapathKernels.Filtering;

/// <summary>
/// Refuses extensions where the kernel refuses them (<c>xt_check_target</c>, <c>xt_check_match</c>): in a table that is not theirs, or where a hook leads to them
/// that is not. Hooks lead through jumps; what stands behind a rule that always accepts, drops or returns no hook reaches
/// (<c>mark_source_chains</c>).
/// </summary>
/// <param name="table">The table.</param>
/// <param name="numbers">The number of each of its chains, ascending from <paramref name="first"/>.</param>
/// <param name="first">The number of its first chain.</param>
internal sealed class PlaceCheck(Table table, Dictionary<Chain, int> numbers, int first)
{
    private readonly byte[] _hooks = new byte[table.Chains.Count];
    private readonly Stack<Chain> _open = [];

    /// <exception cref="RulesetException">The message names line, chain and rule, and where the extension belongs.</exception>
    public void Run()
    {
        Reach();
        foreach (Chain chain in table.Chains)
            CheckRules(chain, HooksOf(chain));
    }

    /// <summary>Checks the rules of one chain.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="hooks">The hooks that lead to it, a bit each.</param>
    /// <exception cref="RulesetException">See <see cref="Run"/>.</exception>
    public static void CheckRules(Chain chain, int hooks)
    {
        for (int i = 0; i < chain.Rules.Count; i++)
        {
            Rule rule = chain.Rules[i];
            Check(RulePlace.Of(rule.Target), chain, i, hooks);
            foreach (RuleMatch match in rule.MatchSpan)
                Check(RulePlace.Of(match), chain, i, hooks);
            if (EndsChain(rule))
                hooks = 0;
        }
    }

    /// <summary>True for a rule that lets nothing pass to those behind it.</summary>
    public static bool EndsChain(Rule rule) => rule.Target is VerdictTarget && rule.MatchSpan.IsEmpty;

    private ref byte HooksOf(Chain chain) => ref _hooks[numbers[chain] - first];

    /// <summary>Finds the hooks that lead to each chain.</summary>
    private void Reach()
    {
        foreach (Chain chain in table.Chains)
        {
            if (chain.Hook is { } hook)
                Add(chain, 1 << (int)hook);
        }

        while (_open.TryPop(out Chain? chain))
        {
            bool goesOn = true;
            for (int i = 0; i < chain.Rules.Count && goesOn; i++)
            {
                if (chain.Rules[i].Target is JumpTarget jump && table.Find(jump.Chain) is { } callee)
                    Add(callee, HooksOf(chain));
                goesOn = !EndsChain(chain.Rules[i]);
            }
        }
    }

    private void Add(Chain chain, int more)
    {
        ref byte known = ref HooksOf(chain);
        if ((known | more) == known)
            return;
        known |= (byte)more;
        _open.Push(chain);
    }

    private static void Check(in RulePlace place, Chain chain, int index, int hooks)
    {
        if (place.Allows(chain.Table, hooks))
            return;
        string line = chain.Rules[index].Line is > 0 and int number ? $"line {number}, " : "";
        string from = place.Table is { } only && only != chain.Table ? "" : $", and {FirstOf(hooks & ~place.Hooks)} leads here";
        throw new RulesetException($"{line}chain {chain}, rule {index + 1}: {place}{from}");
    }

    private static string FirstOf(int hooks) => Hooks.NameOf((Hook)int.TrailingZeroCount(hooks));
}
