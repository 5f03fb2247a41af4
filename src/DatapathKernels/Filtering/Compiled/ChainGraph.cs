namespace DatapathKernels.Filtering;

/// <summary>Proves that the chains of a table call one another without a circle, and how deep.</summary>
internal static class ChainGraph
{
    /// <summary>The deepest nesting of chains that is compiled.</summary>
    public const int DepthLimit = 1024;

    /// <summary>The longest way of jumps in the table.</summary>
    /// <exception cref="RulesetException">A circle (the message names it), or nested deeper than <see cref="DepthLimit"/>.</exception>
    public static int Depth(Table table)
    {
        Dictionary<Chain, int> depths = new(table.Chains.Count);
        int deepest = 0;
        foreach (Chain chain in table.Chains)
            deepest = Math.Max(deepest, DepthOf(table, chain, depths));
        return deepest;
    }

    // Depth-first with a stack of its own: chains may be nested deeper than the thread's stack allows.
    private static int DepthOf(Table table, Chain root, Dictionary<Chain, int> depths)
    {
        if (depths.TryGetValue(root, out int known))
            return known;
        List<(Chain Chain, int NextRule, int Depth)> path = [(root, 0, 0)];
        HashSet<Chain> onPath = [root];
        while (true)
        {
            (Chain chain, int next, int depth) = path[^1];
            Chain? callee = NextCallee(table, chain, ref next, depths, ref depth);
            path[^1] = (chain, next, depth);
            if (callee is null)
            {
                depths[chain] = depth;
                onPath.Remove(chain);
                path.RemoveAt(path.Count - 1);
                if (path.Count == 0)
                    return depth;
                continue;
            }

            if (!onPath.Add(callee))
                throw new RulesetException($"table {Hooks.NameOf(table.Kind)}: chains call one another in a circle: {Circle(path, callee)}");
            if (path.Count > DepthLimit)
                throw new RulesetException($"chain {root}: chains are nested more than {DepthLimit} deep");
            path.Add((callee, 0, 0));
        }
    }

    /// <summary>Goes on to the next jump whose chain is not measured yet; null at the end of the chain. Jumps to measured ones count into the depth.</summary>
    private static Chain? NextCallee(Table table, Chain chain, ref int next, Dictionary<Chain, int> depths, ref int depth)
    {
        for (; next < chain.Rules.Count; next++)
        {
            if (chain.Rules[next].Target is not JumpTarget jump)
                continue;
            Chain callee = table.Find(jump.Chain)
                ?? throw new RulesetException($"{Where(chain, next)}: jumps to chain {jump.Chain}, which table {Hooks.NameOf(table.Kind)} does not have");
            if (callee.Hook is not null)
                throw new RulesetException($"{Where(chain, next)}: jumps to the builtin chain {jump.Chain}");
            if (!depths.TryGetValue(callee, out int below))
                return callee;
            depth = Math.Max(depth, below + (jump.IsGoto ? 0 : 1));
        }

        return null;
    }

    /// <summary>A rule's line, where it has one, its chain and its number there, from 1.</summary>
    public static string Where(Chain chain, int index) => chain.Rules[index].Line is > 0 and int line
        ? $"line {line}, chain {chain}, rule {index + 1}"
        : $"chain {chain}, rule {index + 1}";

    private static string Circle(List<(Chain Chain, int NextRule, int Depth)> path, Chain back)
    {
        int start = path.FindIndex(step => step.Chain == back);
        List<string> names = path.GetRange(start, path.Count - start).ConvertAll(step => step.Chain.Name);
        return string.Join(" -> ", names) + " -> " + back.Name;
    }
}
