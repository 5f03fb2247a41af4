namespace DatapathKernels.Filtering;

/// <summary>
/// Finds the next matching rule of a long chain by hash instead of walking there: near O(1). The answers are those of
/// <see cref="LinearMatcher"/>, counters and random draws included. Where a chain leads to dispatch rules (one destination address,
/// protocol and port each) and only draws and one DNAT lie behind, as in kube-proxy's services, what is left of the walk is
/// worked out beforehand: such packets cost one probe, their draws and one counter, which stands for all rules of their way until counters
/// are read. A burst over rules larger than a megabyte fetches the cache lines of all its walks before the first. What a packet costs is
/// decision and rewriting together.
/// </summary>
/// <remarks>
/// As every matcher it serves one walking thread. One other thread at a time may replace chains meanwhile
/// (<see cref="TryReplace"/>) and read counters.
/// </remarks>
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

    /// <summary>
    /// Replaces, adds and removes chains of one table, as <c>iptables-restore --noflush</c> does, while another thread
    /// walks: each walk enters a chain as it was or as it is, and never waits. After it returns, no walk is in an old chain.
    /// </summary>
    /// <remarks>
    /// Cost: O(rules of <paramref name="changed"/>); of a service's chains, tens of microseconds, of a dispatch chain of 30,000
    /// rules, the making of its index. The first call also counts all jumps once: O(rules). The room for rules of
    /// updates is limited (twice the longest chain, and an eighth of all rules); what replaced chains and rules took is used again.
    /// A rule that is the same as before, in the same order, goes on counting; others start from the counters they carry.
    /// Rule numbers of replaced chains change, <see cref="ChainId"/>s do not.
    /// </remarks>
    /// <param name="changed">The chains to replace (same name) or to add. They are copied.</param>
    /// <param name="removed">User chains to remove; no rule that stays may jump there.</param>
    /// <returns>
    /// False, and nothing changed, when a new matcher is needed: there is no room left, chains could nest too deep, or a rule
    /// of a changed chain uses <c>recent</c>, whose lists belong to all rules that name them.
    /// </returns>
    /// <exception cref="RulesetException">Chains would call one another in a circle, a jump leads nowhere, or a hook would lead to a match or target that is not for it.</exception>
    /// <exception cref="ArgumentException">A chain cannot be removed.</exception>
    public bool TryReplace(Table changed, params ReadOnlySpan<string> removed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        return TryReplaceChains(changed, removed);
    }
}
