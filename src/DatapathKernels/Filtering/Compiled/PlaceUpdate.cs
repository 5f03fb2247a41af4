namespace DatapathKernels.Filtering;

/// <summary>
/// What <see cref="PlaceCheck"/> finds of a table, found again when some of its chains are replaced: looks only at those and at what they newly lead to.
/// </summary>
/// <param name="known">The hooks that lead to each chain as it was, a bit each; not changed before <see cref="Keep"/>. Hooks too many are harmless but for refusals.</param>
/// <param name="find">Every chain as it is to be; null where there is none.</param>
internal sealed class PlaceUpdate(Dictionary<string, int> known, Func<string, Chain?> find)
{
    private readonly Dictionary<string, int> _more = [];
    private readonly Stack<Chain> _open = [];
    private bool _isFresh;

    /// <summary>Follows the hooks from chains that are new or changed on, and checks what they lead to.</summary>
    /// <exception cref="RulesetException">See <see cref="PlaceCheck"/>.</exception>
    public void Run(IEnumerable<Chain> chains)
    {
        foreach (Chain chain in chains)
        {
            _more[chain.Name] = HooksOf(chain.Name) | (chain.Hook is { } hook ? 1 << (int)hook : 0);
            _open.Push(chain);
        }

        while (_open.TryPop(out Chain? chain))
            Follow(chain);
        foreach ((string name, int hooks) in _more)
        {
            if (find(name) is { } chain)
                PlaceCheck.CheckRules(chain, hooks);
        }
    }

    /// <summary>The same from nothing, for who passes all chains that hooks begin at: hooks that lead to a chain no more are found out.</summary>
    /// <exception cref="RulesetException">See <see cref="PlaceCheck"/>.</exception>
    public void RunAfresh(IEnumerable<Chain> hookChains)
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

    private void Follow(Chain chain)
    {
        int hooks = HooksOf(chain.Name);
        foreach (Rule rule in chain.Rules)
        {
            if (rule.Target is JumpTarget jump && find(jump.Chain) is { } callee && (hooks & ~HooksOf(callee.Name)) != 0)
            {
                _more[callee.Name] = HooksOf(callee.Name) | hooks;
                _open.Push(callee);
            }

            if (PlaceCheck.EndsChain(rule))
                return;
        }
    }
}
