namespace DatapathKernels.Filtering;

/// <content>
/// Hooks whose rules are settled for packets of established connections: those of kube-proxy ask about the state first, and what they ask then is nothing that a packet could
/// answer otherwise. Which rules count such a packet, and that it is accepted, is worked out once, and a packet only counts. Rules of nat are not asked about such packets.
/// </content>
public abstract partial class ChainMatcher
{
    private const int MostSettledSteps = 256;

    // The rules that count, by hook; null for a hook that is not settled, and for all of them while chains are replaced.
    private int[]?[]? _settled;

    /// <summary>True when there is a nat table: known packets are then translated.</summary>
    internal bool HasNat => _hasNat;

    /// <summary>Works out which hooks are settled; without it none is. Not beside packets.</summary>
    internal void Settle()
    {
        int[]?[] settled = new int[]?[Hooks.Count];
        for (int hook = 0; hook < settled.Length; hook++)
            settled[hook] = SettledRules((Hook)hook);
        Volatile.Write(ref _settled, settled);
    }

    /// <summary>True when a hook's rules are settled for packets with no mark.</summary>
    internal bool IsSettled(Hook hook) => Volatile.Read(ref _settled)?[(int)hook] is not null;

    /// <summary>
    /// Runs all tables of a hook but nat with a packet of an established connection that has no mark: every one accepts it. False, and nothing is counted, when that depends on
    /// the packet.
    /// </summary>
    /// <param name="hook">The hook.</param>
    /// <param name="bytes">The packet's length, from its IP header on.</param>
    internal unsafe bool TryPassSettled(Hook hook, uint bytes)
    {
        // A walk of its own to whoever replaces chains: see WaitForWalk.
        int step = _steps;
        Volatile.Write(ref _steps, step + 1);
        int[]? rules = Volatile.Read(ref _settled)?[(int)hook];
        RuleCounters* counters = _state.Counters;
        if (rules is not null)
        {
            foreach (int rule in rules)
            {
                counters[rule].Packets++;
                counters[rule].Bytes += bytes;
            }
        }

        Volatile.Write(ref _steps, step + 2);
        return rules is not null;
    }

    private int[]? SettledRules(Hook hook)
    {
        List<int> counting = [];
        foreach (TableKind table in (ReadOnlySpan<TableKind>)[TableKind.Raw, TableKind.Mangle, TableKind.Filter, TableKind.Security])
        {
            int chain = _hookChains[HookIndex(table, hook)];
            if (chain >= 0 && !TrySettle(chain, table, counting))
                return null;
        }

        return [.. counting];
    }

    /// <summary>Walks a chain as far as all answers are known. False when one is not, or the packet would not be accepted.</summary>
    private bool TrySettle(int chain, TableKind table, List<int> counting)
    {
        Stack<int> returns = [];
        int rule = _layout.Starts[chain], end = _layout.Ends[chain];
        for (int step = 0; step < MostSettledSteps; step++)
        {
            if (_layout.Rules[rule] is not { } asked)
            {
                counting.Add(rule);
                if (rule == end && returns.Count == 0)
                    return !_layout.Chains[chain]!.DropPolicy;
                rule = returns.Count > 0 ? returns.Pop() : end;
                continue;
            }

            if (Matches(asked, table) is not { } matches)
                return false;
            if (!matches)
            {
                rule++;
                continue;
            }

            counting.Add(rule);
            if (asked.Target is VerdictTarget { Verdict: RuleVerdict.Accept })
                return true;
            if (!TryStep(asked.Target, table, returns, end, ref rule))
                return false;
        }

        return false;
    }

    /// <summary>Where the walk goes on behind a rule that matched; false for a target that does something.</summary>
    private bool TryStep(RuleTarget? target, TableKind table, Stack<int> returns, int end, ref int rule)
    {
        switch (target)
        {
            case null:
                rule++;
                return true;
            case VerdictTarget { Verdict: RuleVerdict.Return }:
                rule = returns.Count > 0 ? returns.Pop() : end;
                return true;
            case JumpTarget jump when _chains.TryGetValue((table, jump.Chain), out int to):
                if (!jump.IsGoto)
                    returns.Push(rule + 1);
                rule = _layout.Starts[to];
                return true;
            default:
                return false;
        }
    }

    /// <summary>Whether a rule matches every packet of an established connection without a mark, or none; null when that depends.</summary>
    private static bool? Matches(Rule rule, TableKind table)
    {
        bool depends = false;
        foreach (RuleMatch match in rule.MatchSpan)
        {
            switch (match)
            {
                case CommentMatch:
                    break;
                case MarkMatch { OfConnection: false } mark:
                    if ((mark.Value == 0) == mark.Negated)
                        return false;
                    break;
                case ConntrackMatch states when table != TableKind.Raw && TryAnswer(states, out bool answer):
                    if (!answer)
                        return false;
                    break;
                case ProtocolMatch or AddressMatch or InterfaceMatch or PortMatch:
                    depends = true;
                    break;
                default:
                    // It may keep count of who asks: whatever stands behind it, it must be asked.
                    return null;
            }
        }

        return depends ? null : true;
    }

    /// <summary>What <c>--ctstate</c> answers alone, where translation is not asked about, or does not matter.</summary>
    private static bool TryAnswer(ConntrackMatch match, out bool answer)
    {
        const ConnectionStates translated = ConnectionStates.Snat | ConnectionStates.Dnat;
        bool fits = (match.States & ConnectionStates.Established) != 0;
        answer = fits != match.StatesNegated;
        return match.Statuses is null && match.Tests.Count == 0 && match.States != ConnectionStates.None && (fits || (match.States & translated) == 0);
    }
}
