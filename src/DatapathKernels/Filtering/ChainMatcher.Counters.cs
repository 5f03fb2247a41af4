using DatapathKernels.Diagnostics;

namespace DatapathKernels.Filtering;

/// <content>Counters.</content>
public abstract partial class ChainMatcher
{
    /// <summary>The counters of one rule, started from those of the file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a rule of that chain.</exception>
    public RuleCounters CountersOf(ChainId chain, int rule)
    {
        CheckChain(chain);
        int first = _layout.Starts[chain.Index];
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)rule, (uint)(_layout.Ends[chain.Index] - first));
        return CountersAt(first + rule);
    }

    /// <summary>The counters of a chain's end: of its policy for a builtin chain; for a user chain, of the packets that ran through.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such chain.</exception>
    public RuleCounters PolicyCountersOf(ChainId chain)
    {
        CheckChain(chain);
        return CountersAt(_layout.Ends[chain.Index]);
    }

    /// <summary>Sets every counter to zero.</summary>
    public unsafe void ResetCounters()
    {
        new Span<RuleCounters>(_state.Counters, _layout.Rules.Length).Clear();
        _carried.Clear();
    }

    /// <summary>The ruleset again, with the counters as they are now: what <c>iptables-save -c</c> would print. Allocates.</summary>
    public Ruleset Snapshot()
    {
        Ruleset copy = new(_program.Family);
        for (int i = 0; i < _layout.Count; i++)
        {
            if (_layout.Chains[i] is not { } chain)
                continue;
            Chain target = copy.GetOrAdd(chain.Table).Add(chain.Name);
            RuleCounters policy = PolicyCountersOf(new ChainId(i));
            target.DropPolicy = chain.DropPolicy;
            if (chain.Hook is not null)
                (target.PolicyPackets, target.PolicyBytes) = (policy.Packets, policy.Bytes);
            for (int rule = 0; rule < _layout.Ends[i] - _layout.Starts[i]; rule++)
                target.Add(WithCounters(_layout.Rules[_layout.Starts[i] + rule]!, CountersOf(new ChainId(i), rule)));
        }

        return copy;
    }

    private void CheckChain(ChainId chain)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)chain.Index, (uint)_layout.Count);
        if (_layout.Chains[chain.Index] is null)
            Throw.OutOfRange(nameof(chain), chain.Index, "expected a chain that was not removed");
    }

    private static Rule WithCounters(Rule rule, RuleCounters counters) =>
        new(rule.MatchSpan.ToArray(), rule.Target) { Packets = counters.Packets, Bytes = counters.Bytes, Line = rule.Line };
}
