namespace DatapathKernels.Filtering;

/// <summary>
/// Finds the next matching rule of a long chain by hash instead of walking there: near O(1). The answers are those of
/// <see cref="LinearMatcher"/>, counters and random draws included.
/// </summary>
public sealed class IndexedMatcher : ChainMatcher
{
    /// <summary>Compiles a ruleset. Later changes of the ruleset do not reach the matcher.</summary>
    /// <exception cref="RulesetException">Chains call one another in a circle, or too deep, or a jump leads nowhere.</exception>
    public IndexedMatcher(Ruleset ruleset, MatcherOptions? options = null)
        : base(new CompiledRuleset(ruleset, options), owned: true, ScanKind.Indexed)
    {
    }

    /// <summary>A matcher over rules that are compiled already. The caller disposes them, after the matcher.</summary>
    public IndexedMatcher(CompiledRuleset rules)
        : base(rules, owned: false, ScanKind.Indexed)
    {
    }
}
