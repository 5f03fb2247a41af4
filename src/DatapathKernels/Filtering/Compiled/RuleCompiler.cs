using System.Runtime.InteropServices;

namespace DatapathKernels.Filtering;

/// <summary>From the model to <see cref="RuleProgram"/>: lays the chains out and compiles rule by rule.</summary>
internal sealed partial class RuleCompiler
{
    private readonly Ruleset _ruleset;
    private readonly MatcherOptions _options;
    private readonly List<RuleTail> _tails;
    private readonly List<HeadTests> _heads;
    private readonly List<ExtraMatch> _extras = [];
    private readonly Rule?[] _rules;
    private readonly byte[] _cutAfter;
    private readonly List<Chain> _chains;
    private readonly List<int> _starts, _ends;
    private readonly Dictionary<Chain, int> _chainNumbers;
    private readonly List<Translation> _translations = [];
    private readonly List<ConnectionMarkTarget> _connectionMarks = [];
    private readonly List<SetChange> _setChanges = [];
    private readonly List<LogTarget> _logs = [];
    private readonly List<IpNetwork> _networks = [];
    private readonly List<PortRange> _ports = [];
    private readonly List<ulong> _interfaceSets = [];
    private readonly Dictionary<string, int> _interfaceSetOf = [];
    private readonly List<RecentTest> _recent = [];
    private readonly Dictionary<string, (int Number, UInt128 Mask)> _recentLists = [];
    private readonly List<uint> _nth = [];
    private readonly List<IpSet> _sets = [];
    private readonly List<IpAddressRange> _ranges = [];
    private readonly List<U32Expression> _expressions = [];
    private readonly List<ConnectionTest> _connectionTests = [];
    private readonly List<LimitTest> _limits = [];
    private int _recentStamps = RecentLists.LeastStamps;

    // The rule under work, for messages.
    private (Chain Chain, int Index) _place;

    private RuleCompiler(Ruleset ruleset, MatcherOptions options)
    {
        _ruleset = ruleset;
        _options = options;
        int chains = 0;
        foreach (Table table in ruleset.Tables)
            chains += table.Chains.Count;
        int count = ruleset.RuleCount + chains;
        (_chains, _starts, _ends, _chainNumbers) = (new(chains), new(chains), new(chains), new(chains));
        (_tails, _heads, _rules, _cutAfter) = (new(count), new(count), new Rule?[count], new byte[Math.Max(count, 1)]);
        Array.Fill(_cutAfter, RuleProgram.NeverCut);
    }

    /// <exception cref="RulesetException">See <see cref="ChainGraph"/> and <see cref="PlaceCheck"/>.</exception>
    public static RuleProgram Compile(Ruleset ruleset, MatcherOptions options) =>
        ruleset.Family == IpFamily.V4
            ? new RuleCompiler(ruleset, options).Run<RuleHeadV4>()
            : new RuleCompiler(ruleset, options).Run<RuleHeadV6>();

    private unsafe RuleProgram Run<THead>()
        where THead : struct, IRuleHead
    {
        int depth = 0;
        foreach (Table table in _ruleset.Tables)
        {
            depth = Math.Max(depth, ChainGraph.Depth(table));
            PlaceChains(table);
            new PlaceCheck([], table.Find).Run(table.Chains);
        }

        foreach (Table table in _ruleset.Tables)
        {
            foreach (Chain chain in table.Chains)
                CompileChain(table, chain);
        }

        RuleProgram program = new(_ruleset.Family, Math.Max(_tails.Count, 1), THead.Size, CollectionsMarshal.AsSpan(_tails), CollectionsMarshal.AsSpan(_extras))
        {
            Rules = _rules,
            CutAfter = _cutAfter,
            Chains = [.. _chains],
            Starts = [.. _starts],
            Ends = [.. _ends],
            MaxDepth = depth,
            Translations = [.. _translations],
            ConnectionMarks = [.. _connectionMarks],
            SetChanges = [.. _setChanges],
            Logs = [.. _logs],
            Networks = [.. _networks],
            PortRanges = [.. _ports],
            InterfaceSets = [.. _interfaceSets],
            RecentTests = [.. _recent],
            RecentLists = _recentLists.Count,
            NthStarts = [.. _nth],
            Sets = [.. _sets],
            AddressRanges = [.. _ranges],
            U32Expressions = [.. _expressions],
            ConnectionTests = [.. _connectionTests],
            Limits = [.. _limits],
            RecentStamps = _recentStamps,
        };
        for (int i = 0; i < _heads.Count; i++)
            THead.Write(program.Heads, i, _heads[i]);
        return program;
    }

    /// <summary>Numbers the rules before any is compiled: jumps may go forward.</summary>
    private void PlaceChains(Table table)
    {
        int next = _ends.Count == 0 ? 0 : _ends[^1] + 1;
        foreach (Chain chain in table.Chains)
        {
            _chainNumbers.Add(chain, _chains.Count);
            _chains.Add(chain);
            _starts.Add(next);
            next += chain.Rules.Count;
            _ends.Add(next++);
        }
    }

    private void CompileChain(Table table, Chain chain)
    {
        for (int i = 0; i < chain.Rules.Count; i++)
        {
            Rule rule = chain.Rules[i];
            _place = (chain, i);
            HeadTests head = default;
            RuleTail tail = ActionOf(table, rule.Target);
            tail.FirstExtra = _extras.Count;
            CompileMatches(rule, ref head);
            tail.ExtraCount = checked((ushort)(_extras.Count - tail.FirstExtra));
            Emit(head, tail, rule);
        }

        RuleAction end = chain.Hook is null ? RuleAction.ChainEnd
            : chain.DropPolicy ? RuleAction.PolicyDrop : RuleAction.PolicyAccept;
        Emit(default, new RuleTail { Action = end }, null);
    }

    private void Emit(in HeadTests head, in RuleTail tail, Rule? rule)
    {
        _rules[_heads.Count] = rule;
        _heads.Add(head);
        _tails.Add(tail);
    }

    /// <summary>The number of a set among those the program uses; false when the node has none of that name.</summary>
    private bool TryFindSet(string name, out uint number)
    {
        number = 0;
        if (_options.Sets.Find(name) is not { } set)
            return false;
        int index = _sets.IndexOf(set);
        number = index >= 0 ? (uint)index : Append(_sets, set);
        return true;
    }

    private static uint Append<T>(List<T> list, T item)
    {
        list.Add(item);
        return (uint)(list.Count - 1);
    }
}
