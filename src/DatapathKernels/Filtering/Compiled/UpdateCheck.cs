namespace DatapathKernels.Filtering;

/// <summary>What must hold before chains are replaced. Looks only at what the new rules reach that the old ones did not.</summary>
internal sealed class UpdateCheck(Table changed, Func<string, Chain?> find)
{
    private readonly Dictionary<Chain, int> _heights = [];
    private readonly List<Chain> _path = [];

    /// <summary>Jumps more (or fewer) to each chain than before.</summary>
    public Dictionary<string, int> Callers { get; } = [];

    /// <summary>By how much the deepest nesting can have grown.</summary>
    public int Deepening { get; private set; }

    /// <summary>True when the new rules or those they replace share lists with rules that stay.</summary>
    public bool SharesLists { get; private set; }

    /// <exception cref="RulesetException">Chains would call one another in a circle, or a jump leads nowhere.</exception>
    public void Run()
    {
        foreach (Chain chain in changed.Chains)
        {
            Chain? old = find(chain.Name);
            HashSet<string> before = old is null ? [] : Count(old, -1);
            foreach (string callee in Count(chain, 1))
            {
                if (!before.Contains(callee) && Resolve(callee) is { } target)
                    CheckEdge(chain, old, target);
            }
        }
    }

    /// <summary>Takes the jumps of a chain that goes out of the account.</summary>
    public void Leave(Chain chain) => Count(chain, -1);

    /// <summary>The new chains in a ruleset of their own, with empty ones for what they jump to.</summary>
    public Ruleset Small(IpFamily family)
    {
        Ruleset ruleset = new(family);
        Table table = ruleset.GetOrAdd(changed.Kind);
        foreach (Chain chain in changed.Chains)
        {
            Chain copy = table.Add(chain.Name);
            (copy.DropPolicy, copy.PolicyPackets, copy.PolicyBytes) = (chain.DropPolicy, chain.PolicyPackets, chain.PolicyBytes);
            foreach (Rule rule in chain.Rules)
                copy.Add(rule);
        }

        foreach (Chain chain in changed.Chains)
        {
            foreach (Rule rule in chain.Rules)
            {
                if (rule.Target is JumpTarget jump && table.Find(jump.Chain) is null && find(jump.Chain) is not null)
                    table.Add(jump.Chain);
            }
        }

        return ruleset;
    }

    private HashSet<string> Count(Chain chain, int sign)
    {
        HashSet<string> callees = [];
        foreach (Rule rule in chain.Rules)
        {
            foreach (RuleMatch match in rule.MatchSpan)
                SharesLists |= match is RecentMatch;
            if (rule.Target is not JumpTarget jump)
                continue;
            callees.Add(jump.Chain);
            Callers[jump.Chain] = Callers.GetValueOrDefault(jump.Chain) + sign;
        }

        return callees;
    }

    private Chain? Resolve(string name) => changed.Find(name) ?? find(name);

    private void CheckEdge(Chain chain, Chain? old, Chain target)
    {
        _path.Clear();
        _path.Add(chain);
        int height = 1 + Height(target);
        if (old is not null)
            Deepening += Math.Max(0, height - OldHeight(old, height));
    }

    private int Height(Chain chain)
    {
        if (_path.IndexOf(chain) is >= 0 and int start)
        {
            string names = string.Join(" -> ", _path.GetRange(start, _path.Count - start).ConvertAll(step => step.Name));
            throw new RulesetException($"table {Hooks.NameOf(chain.Table)}: chains call one another in a circle: {names} -> {chain.Name}");
        }

        if (_heights.TryGetValue(chain, out int height))
            return height;
        if (_path.Count > ChainGraph.DepthLimit)
            throw new RulesetException($"chain {chain}: chains are nested more than {ChainGraph.DepthLimit} deep");
        _path.Add(chain);
        foreach (Rule rule in chain.Rules)
        {
            if (rule.Target is JumpTarget jump && Resolve(jump.Chain) is { } callee)
                height = Math.Max(height, 1 + Height(callee));
        }

        _path.RemoveAt(_path.Count - 1);
        return _heights[chain] = height;
    }

    /// <summary>The height of a chain as it is, looked for no further than <paramref name="enough"/>.</summary>
    private int OldHeight(Chain chain, int enough)
    {
        int height = 0;
        foreach (Rule rule in chain.Rules)
        {
            if (height >= enough)
                break;
            if (rule.Target is JumpTarget jump && find(jump.Chain) is { } callee)
                height = Math.Max(height, 1 + OldHeight(callee, enough - 1));
        }

        return height;
    }
}
