namespace DatapathKernels.Filtering;

/// <summary>Tests that make sense for arriving packets only: <c>mac</c>. The kernel refuses them where packets leave.</summary>
internal static class ArrivalRules
{
    /// <exception cref="RulesetException">Such a test in OUTPUT or POSTROUTING, or in a chain that is reached from there.</exception>
    public static void Check(Table table)
    {
        HashSet<Chain> seen = [];
        List<Chain> open = [];
        foreach (Chain chain in table.Chains)
        {
            if (chain.Hook is Hook.Output or Hook.PostRouting && seen.Add(chain))
                open.Add(chain);
        }

        for (int i = 0; i < open.Count; i++)
        {
            foreach (Rule rule in open[i].Rules)
            {
                foreach (RuleMatch match in rule.MatchSpan)
                {
                    if (match is MacMatch)
                        throw new RulesetException($"{(rule.Line > 0 ? $"line {rule.Line}, " : "")}chain {open[i]}: match mac is for PREROUTING, INPUT and FORWARD, and OUTPUT or POSTROUTING reaches this rule");
                }

                if (rule.Target is JumpTarget jump && table.Find(jump.Chain) is { } callee && seen.Add(callee))
                    open.Add(callee);
            }
        }
    }
}
