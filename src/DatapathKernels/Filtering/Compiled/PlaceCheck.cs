namespace DatapathKernels.Filtering;

/// <summary>
/// Refuses extensions where the kernel refuses them (<c>xt_check_target</c>, <c>xt_check_match</c>): in a table that is not theirs, or where a hook leads to them
/// that is not. Hooks lead through jumps; what stands behind a rule that always accepts, drops or returns no hook reaches
/// (<c>mark_source_chains</c>). When some chains of a table are replaced it looks only at those and at what they newly lead to.
/// </summary>
/// <param name="known">The hooks that lead to each chain so far, a bit each: none yet for a table that is new. Not changed before <see cref="Keep"/>. Hooks too many are harmless but for refusals.</param>
/// <param name="find">Every chain as it is to be; null where there is none.</param>
internal sealed class PlaceCheck(Dictionary<string, int> known, Func<string, Chain?> find)
{
    private readonly Dictionary<string, int> _more = [];
    private readonly Stack<Chain> _open = [];
    private bool _isFresh;

    /// <summary>Follows the hooks from chains that are new or changed on, and checks what they lead to.</summary>
    /// <exception cref="RulesetException">The message names line, chain and rule, and where the extension belongs.</exception>
    public void Run(IReadOnlyList<Chain> chains)
    {
        _more.EnsureCapacity(chains.Count);
        for (int i = 0; i < chains.Count; i++)
            Add(chains[i], HooksOf(chains[i].Name) | (chains[i].Hook is { } hook ? 1 << (int)hook : 0));
        while (_open.TryPop(out Chain? chain))
            Follow(chain);
        foreach ((string name, int hooks) in _more)
        {
            if (find(name) is { } chain)
                CheckRules(chain, hooks);
        }
    }

    /// <summary>The same from nothing, for who passes all chains that hooks begin at: hooks that lead to a chain no more are found out.</summary>
    /// <exception cref="RulesetException">See <see cref="Run"/>.</exception>
    public void RunAfresh(IReadOnlyList<Chain> hookChains)
    {
        _isFresh = true;
        _more.Clear();
        Run(hookChains);
    }

    /// <summary>Writes down what was found, the chains having been replaced.</summary>
    public void Keep()
    {
        if (_isFresh)
            known.Clear();
        foreach ((string name, int hooks) in _more)
            known[name] = hooks;
    }

    private int HooksOf(string name) => _more.TryGetValue(name, out int hooks) || (!_isFresh && known.TryGetValue(name, out hooks)) ? hooks : 0;

    private void Add(Chain chain, int hooks)
    {
        _more[chain.Name] = hooks;
        if (hooks != 0)
            _open.Push(chain);
    }

    private void Follow(Chain chain)
    {
        int hooks = HooksOf(chain.Name);
        for (int i = 0; i < chain.Rules.Count; i++)
        {
            Rule rule = chain.Rules[i];
            if (rule.Target is JumpTarget jump && find(jump.Chain) is { } callee && (hooks & ~HooksOf(callee.Name)) != 0)
                Add(callee, HooksOf(callee.Name) | hooks);
            if (EndsChain(rule))
                return;
        }
    }

    private static void CheckRules(Chain chain, int hooks)
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
    private static bool EndsChain(Rule rule) => rule.Target is VerdictTarget && rule.MatchSpan.IsEmpty;

    private static void Check(in RulePlace place, Chain chain, int index, int hooks)
    {
        if (place.Allows(chain.Table, hooks))
            return;
        string from = place.Table is { } only && only != chain.Table ? "" : $", and {FirstOf(hooks & ~place.Hooks)} leads here";
        throw new RulesetException($"{ChainGraph.Where(chain, index)}: {place}{from}");
    }

    private static string FirstOf(int hooks) => Hooks.NameOf((Hook)int.TrailingZeroCount(hooks));
}
