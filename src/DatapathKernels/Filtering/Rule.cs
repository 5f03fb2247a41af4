namespace DatapathKernels.Filtering;

/// <summary>
/// One rule: it matches when all of its matches do, and then its target acts. A rule without a target only counts.
/// </summary>
public sealed class Rule
{
    private readonly RuleMatch[] _matches;

    /// <summary>Makes a rule. The array is kept, not copied.</summary>
    /// <param name="matches">In the order of the text; the kernel tests them in this order.</param>
    /// <param name="target">What happens on a match; null for a rule that only counts.</param>
    public Rule(RuleMatch[] matches, RuleTarget? target)
    {
        ArgumentNullException.ThrowIfNull(matches);
        _matches = matches;
        Target = target;
    }

    /// <summary>The tests, in order.</summary>
    public IReadOnlyList<RuleMatch> Matches => _matches;

    /// <summary>What happens on a match; null for a rule that only counts.</summary>
    public RuleTarget? Target { get; }

    /// <summary>Packets counted when the rule was saved. Matchers start from here and keep their own counters.</summary>
    public ulong Packets { get; init; }

    /// <summary>Bytes counted when the rule was saved.</summary>
    public ulong Bytes { get; init; }

    /// <summary>The line of the file the rule stands on, from 1; 0 when it comes from no file.</summary>
    public int Line { get; init; }

    internal ReadOnlySpan<RuleMatch> MatchSpan => _matches;

    /// <summary>True when matches and target are the same; counters and place do not count.</summary>
    internal bool IsSameAs(Rule other)
    {
        if (ReferenceEquals(this, other))
            return true;
        if (_matches.Length != other._matches.Length || !Equals(Target, other.Target))
            return false;
        for (int i = 0; i < _matches.Length; i++)
        {
            if (!_matches[i].Equals(other._matches[i]))
                return false;
        }

        return true;
    }
}
