namespace DatapathKernels.Filtering;

/// <summary>
/// Walks the rules one by one, as the kernel's <c>ipt_do_table</c> does: O(N), and the meaning every faster matcher is held to.
/// </summary>
/// <remarks>Cost of a rule that does not match: one masked compare of both addresses, 32 bytes read (IPv6: 80).</remarks>
public sealed class LinearMatcher : ChainMatcher
{
    /// <summary>Compiles a ruleset. Later changes of the ruleset do not reach the matcher.</summary>
    /// <exception cref="RulesetException">Chains call one another in a circle, or too deep, or a jump leads nowhere.</exception>
    public LinearMatcher(Ruleset ruleset, MatcherOptions? options = null)
        : base(new CompiledRuleset(ruleset, options), owned: true, ScanKind.Linear)
    {
    }

    /// <summary>A matcher over rules that are compiled already. The caller disposes them, after the matcher.</summary>
    public LinearMatcher(CompiledRuleset rules)
        : base(rules, owned: false, ScanKind.Linear)
    {
    }
}
