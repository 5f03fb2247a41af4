namespace DatapathKernels.Filtering;

/// <content>Counters.</content>
public abstract partial class ChainMatcher
{
    /// <summary>The counters of one rule, started from those of the file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a rule of that chain.</exception>
    public unsafe RuleCounters CountersOf(ChainId chain, int rule)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)chain.Index, (uint)_program.Starts.Length);
        int first = _program.Starts[chain.Index];
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)rule, (uint)(_program.Ends[chain.Index] - first));
        return _state.Counters[first + rule];
    }

    /// <summary>The counters of a chain's end: of its policy for a builtin chain; for a user chain, of the packets that ran through.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such chain.</exception>
    public unsafe RuleCounters PolicyCountersOf(ChainId chain)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)chain.Index, (uint)_program.Starts.Length);
        return _state.Counters[_program.Ends[chain.Index]];
    }

    /// <summary>Sets every counter to zero.</summary>
    public unsafe void ResetCounters() => new Span<RuleCounters>(_state.Counters, _program.RuleCount).Clear();

    /// <summary>The ruleset again, with the counters as they are now: what <c>iptables-save -c</c> would print. Allocates.</summary>
    public Ruleset Snapshot()
    {
        Ruleset copy = new(_program.Family);
        for (int i = 0; i < _program.Chains.Length; i++)
        {
            Chain chain = _program.Chains[i];
            Chain target = copy.GetOrAdd(chain.Table).Add(chain.Name);
            RuleCounters policy = PolicyCountersOf(new ChainId(i));
            target.DropPolicy = chain.DropPolicy;
            if (chain.Hook is not null)
                (target.PolicyPackets, target.PolicyBytes) = (policy.Packets, policy.Bytes);
            for (int rule = 0; rule < _program.Ends[i] - _program.Starts[i]; rule++)
                target.Add(WithCounters(_program.Rules[_program.Starts[i] + rule]!, CountersOf(new ChainId(i), rule)));
        }

        return copy;
    }

    private static Rule WithCounters(Rule rule, RuleCounters counters) =>
        new(rule.MatchSpan.ToArray(), rule.Target) { Packets = counters.Packets, Bytes = counters.Bytes, Line = rule.Line };
}
