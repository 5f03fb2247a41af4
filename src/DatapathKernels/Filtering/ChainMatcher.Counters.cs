using DatapathKernels.Diagnostics;

namespace DatapathKernels.Filtering;

/// <content>Counters.</content>
public abstract partial class ChainMatcher
{
    // Odd: no walk leaves the count of steps so.
    private const int NotTold = -1;

    private RuleCounters[] _told = [];
    private int _toldAt = NotTold;

    /// <summary>The counters of one rule, started from those of the file. The first to ask after a packet pays O(services) in the indexed matcher.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a rule of that chain.</exception>
    public RuleCounters CountersOf(ChainId chain, int rule)
    {
        CheckChain(chain);
        int first = _layout.Starts[chain.Index];
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)rule, (uint)(_layout.Ends[chain.Index] - first));
        return TotalAt(first + rule);
    }

    /// <summary>The counters of a chain's end: of its policy for a builtin chain; for a user chain, of the packets that ran through.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such chain.</exception>
    public RuleCounters PolicyCountersOf(ChainId chain)
    {
        CheckChain(chain);
        return TotalAt(_layout.Ends[chain.Index]);
    }

    /// <summary>Sets every counter to zero.</summary>
    public unsafe void ResetCounters()
    {
        new Span<RuleCounters>(_state.Counters, _layout.Rules.Length).Clear();
        _packedV4?.ClearCounts();
        _carried.Clear();
        _toldAt = NotTold;
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

    /// <summary>A rule's counters with what shortcuts counted for it.</summary>
    private RuleCounters TotalAt(int number)
    {
        RuleCounters total = CountersAt(number);
        if (_packedV4 is null)
            return total;
        TellShortcuts(_packedV4);
        Add(ref total, _told[number]);
        return total;
    }

    /// <summary>Adds up what shortcuts counted, for all rules at once, unless no packet came since: O(rules) after each packet that did.</summary>
    private void TellShortcuts(PackedRules<RuleHeadV4> rules)
    {
        int step = Volatile.Read(ref _steps);
        if (step == _toldAt && _told.Length == _layout.Rules.Length)
            return;
        if (_told.Length == _layout.Rules.Length)
            Array.Clear(_told);
        else
            _told = new RuleCounters[_layout.Rules.Length];
        rules.TellCounts((number, counted) => Add(ref _told[number], counted));
        // A walk that is under way may count behind our back.
        _toldAt = (step & 1) == 0 ? step : NotTold;
    }

    private static void Add(ref RuleCounters to, RuleCounters counted)
    {
        to.Packets += counted.Packets;
        to.Bytes += counted.Bytes;
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
