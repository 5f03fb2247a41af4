using System.Collections.Immutable;

namespace DatapathKernels.Filtering;

/// <content>The work behind <see cref="Settle"/>.</content>
public abstract partial class ChainMatcher
{
    /// <summary>
    /// Walks a hook's tables for a packet of an established connection with no mark, as far as all answers are known, and both ways from a rule that asks for its interfaces,
    /// or which sets its destination is in.
    /// </summary>
    private sealed class SettledTree(ChainMatcher matcher, Hook hook)
    {
        private const int MostSteps = 4096;

        private static readonly TableKind[] Tables = [TableKind.Raw, TableKind.Mangle, TableKind.Filter, TableKind.Security];

        private readonly List<SettledQuestion> _questions = [];
        private readonly List<int[]?> _answers = [];
        private readonly string[] _names = ["", .. matcher._rules.Options.Interfaces];
        private int _steps;

        /// <summary>What is settled of the hook; null for nothing.</summary>
        public SettledHook? Build()
        {
            Follow(Start(0, []));
            return _answers.TrueForAll(answer => answer is null) ? null : new SettledHook([.. _questions], [.. _answers]);
        }

        /// <summary>The number of the question that the walk meets first, or the complement of the number of its answer.</summary>
        private int Follow(Place at)
        {
            for (; _steps < MostSteps; _steps++)
            {
                if (at.Table == Tables.Length)
                    return Answer(at.Counting);
                if (matcher._layout.Rules[at.Rule] is not { } rule)
                {
                    if (at.Returns.IsEmpty && at.Rule == matcher._layout.Ends[at.Chain])
                    {
                        if (matcher._layout.Chains[at.Chain]!.DropPolicy)
                            break;
                        at = Start(at.Table + 1, at.Counting.Add(at.Rule));
                        continue;
                    }

                    at = Return(at with { Counting = at.Counting.Add(at.Rule) });
                    continue;
                }

                List<RuleMatch> tests = [];
                bool? matches = Matches(rule, Tables[at.Table], tests);
                if (matches is null && tests.Count > 0)
                    return Ask(at, rule, tests);
                if (matches is null || (matches == true && !TryStep(rule, ref at)))
                    break;
                at = matches == true ? at : at with { Rule = at.Rule + 1 };
            }

            return Answer(null);
        }

        private int Ask(Place at, Rule rule, List<RuleMatch> tests)
        {
            int number = _questions.Count;
            _questions.Add(default);
            Place matched = at;
            _steps++;
            int yes = TryStep(rule, ref matched) ? Follow(matched) : Answer(null);
            int no = Follow(at with { Rule = at.Rule + 1 });
            _questions[number] = new SettledQuestion([.. tests], SetsOf(tests), _names, yes, no);
            return number;
        }

        private int Answer(ImmutableList<int>? counting)
        {
            int[]? rules = counting is null ? null : new int[counting.Count];
            counting?.CopyTo(rules!);
            _answers.Add(rules);
            return ~(_answers.Count - 1);
        }

        /// <summary>Where the walk begins in a table, or in one behind it.</summary>
        private Place Start(int table, ImmutableList<int> counting)
        {
            int chain = -1;
            while (table < Tables.Length && (chain = matcher._hookChains[HookIndex(Tables[table], hook)]) < 0)
                table++;
            return new Place(table, chain, table < Tables.Length ? matcher._layout.Starts[chain] : 0, [], counting);
        }

        private Place Return(Place at) => at.Returns.IsEmpty
            ? at with { Rule = matcher._layout.Ends[at.Chain] }
            : at with { Returns = at.Returns.Pop(out int rule), Rule = rule };

        /// <summary>Where the walk goes on behind a rule that matched, which counts; false for a target that does something.</summary>
        private bool TryStep(Rule rule, ref Place at)
        {
            at = at with { Counting = at.Counting.Add(at.Rule) };
            switch (rule.Target)
            {
                case null or MarkTarget { Value: 0 }:
                    at = at with { Rule = at.Rule + 1 };
                    return true;
                case VerdictTarget { Verdict: RuleVerdict.Accept }:
                    at = Start(at.Table + 1, at.Counting);
                    return true;
                case VerdictTarget { Verdict: RuleVerdict.Return }:
                    at = Return(at);
                    return true;
                case JumpTarget jump when matcher._chains.TryGetValue((Tables[at.Table], jump.Chain), out int to):
                    at = at with { Returns = jump.IsGoto ? at.Returns : at.Returns.Push(at.Rule + 1), Rule = matcher._layout.Starts[to] };
                    return true;
                default:
                    return false;
            }
        }

        /// <summary>
        /// Whether a rule matches every packet of an established connection without a mark, or none; null when that depends: on the tests alone where there are any.
        /// </summary>
        private bool? Matches(Rule rule, TableKind table, List<RuleMatch> tests)
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
                            return Known(false, tests);
                        break;
                    case ConntrackMatch states when table != TableKind.Raw && TryAnswer(states, out bool answer):
                        if (!answer)
                            return Known(false, tests);
                        break;
                    case SetMatch set when SetOf(set) is { } asked:
                        depends |= matcher._program.Family != IpFamily.V4 || set.Directions.Sources != 0 || asked.Kind == IpSetKind.ListSet || !asked.IsTimeless;
                        tests.Add(set);
                        break;
                    case ProtocolMatch or InterfaceMatch:
                        depends |= matcher._program.Family != IpFamily.V4;
                        tests.Add(match);
                        break;
                    case AddressMatch or PortMatch:
                        depends = true;
                        break;
                    default:
                        // It may keep count of who asks: whatever stands behind it, it must be asked.
                        return Known(null, tests);
                }
            }

            return depends ? Known(null, tests) : tests.Count > 0 ? null : true;
        }

        private static bool? Known(bool? matches, List<RuleMatch> tests)
        {
            tests.Clear();
            return matches;
        }

        private IpSet[] SetsOf(List<RuleMatch> tests)
        {
            List<IpSet> sets = [];
            foreach (RuleMatch test in tests)
            {
                if (test is SetMatch asked)
                    sets.Add(SetOf(asked)!);
            }

            return [.. sets];
        }

        /// <summary>The set that a rule asks; null when its name is not there, or means another by now.</summary>
        private IpSet? SetOf(SetMatch match) =>
            matcher._rules.Options.Sets.Find(match.Name) is { } set && Array.IndexOf(matcher._program.Sets, set) >= 0 ? set : null;

        /// <summary>What <c>--ctstate</c> answers alone, where translation is not asked about, or does not matter.</summary>
        private static bool TryAnswer(ConntrackMatch match, out bool answer)
        {
            const ConnectionStates translated = ConnectionStates.Snat | ConnectionStates.Dnat;
            bool fits = (match.States & ConnectionStates.Established) != 0;
            answer = fits != match.StatesNegated;
            return match.Statuses is null && match.Tests.Count == 0 && match.States != ConnectionStates.None && (fits || (match.States & translated) == 0);
        }

        private readonly record struct Place(int Table, int Chain, int Rule, ImmutableStack<int> Returns, ImmutableList<int> Counting);
    }
}
