namespace DatapathKernels.Filtering.Nft;

/// <summary>Compiles the tables of one family into one program.</summary>
internal sealed partial class NftCompiler
{
    private const int DestinationPriority = -100, SourcePriority = 100;

    private readonly IpFamily _family;
    private readonly IReadOnlyList<string> _interfaces;
    private readonly List<(NftTable Table, NftChain Chain)> _chains = [];
    private readonly Dictionary<(NftTable Table, string Chain), int> _chainNumbers = [];
    private readonly List<NftOp> _ops = [];
    private readonly List<NftRule> _rules = [];
    private readonly List<NftLookup> _lookups = [];
    private readonly List<NftNumbers> _numbers = [];
    private readonly List<(UInt128 Low, UInt128 High)> _wideRanges = [];
    private readonly List<Translation> _translations = [];
    private readonly List<NftCounter> _counters = [];

    private NftCompiler(IpFamily family, IReadOnlyList<string> interfaces)
    {
        _family = family;
        _interfaces = interfaces;
    }

    /// <summary>Compiles. The elements go into the tables that the caller owns then.</summary>
    /// <exception cref="RulesetException">A chain or set is not there or of another type, chains call one another in a circle or too deep.</exception>
    public static NftProgram Compile(NftRuleset ruleset, IpFamily family, MatcherOptions options, out NftElementTable elements, out NftElementTable dynamic)
    {
        NftCompiler compiler = new(family, options.Interfaces);
        List<NftTable> tables = [];
        foreach (NftTable table in ruleset.Tables)
        {
            if (table.Family == NftFamily.Inet || table.Family == NftFamily.Ip == (family == IpFamily.V4))
                tables.Add(table);
        }

        foreach (NftTable table in tables)
            compiler.NumberChains(table);
        foreach (NftTable table in tables)
            compiler.AddSets(table);
        NftProgram program = compiler.Build();
        NftChainGraph.Check(program);
        (elements, dynamic) = compiler.MakeTables(options.DynamicSetElements);
        return program;
    }

    private void NumberChains(NftTable table)
    {
        foreach (NftChain chain in table.Chains)
        {
            _chainNumbers.Add((table, chain.Name), _chains.Count);
            _chains.Add((table, chain));
        }
    }

    private NftProgram Build()
    {
        int[] starts = new int[_chains.Count], firstRules = new int[_chains.Count];
        for (int i = 0; i < _chains.Count; i++)
        {
            (starts[i], firstRules[i]) = (_ops.Count, _rules.Count);
            foreach (NftRule rule in _chains[i].Chain.Rules)
                AddRule(_chains[i].Table, _chains[i].Chain, rule);
            _ops.Add(new NftOp { Code = NftOpCode.ChainEnd, Rule = -1, Index = i });
        }

        return new NftProgram
        {
            Family = _family,
            Ops = [.. _ops],
            Chains = [.. _chains],
            ChainNumbers = _chainNumbers,
            Starts = starts,
            FirstRules = firstRules,
            Rules = [.. _rules],
            Sets = [.. _plans],
            Lookups = [.. _lookups],
            Numbers = [.. _numbers],
            WideRanges = [.. _wideRanges],
            Translations = [.. _translations],
            Counters = [.. _counters],
            Hooks = OrderHooks(),
        };
    }

    private NftBaseChain[][] OrderHooks()
    {
        NftBaseChain[][] hooks = new NftBaseChain[Filtering.Hooks.Count][];
        for (int hook = 0; hook < hooks.Length; hook++)
        {
            List<NftBaseChain> chains = [];
            for (int i = 0; i < _chains.Count; i++)
            {
                NftChain chain = _chains[i].Chain;
                if (chain.Hook != (Hook)hook)
                    continue;
                bool nat = chain.Type == NftChainType.Nat;
                int translation = chain.Hook is Hook.PreRouting or Hook.Output ? DestinationPriority : SourcePriority;
                chains.Add(new NftBaseChain(i, nat ? translation : chain.Priority, chain.Priority, nat));
            }

            // Translation comes first at its priority, so that nat chains stand together. The number of the chain makes the
            // order stable: of equal priorities the one added first runs first.
            chains.Sort((a, b) => (a.Priority, !a.IsNat, a.Order, a.Chain).CompareTo((b.Priority, !b.IsNat, b.Order, b.Chain)));
            hooks[hook] = [.. chains];
        }

        return hooks;
    }

    private void AddRule(NftTable table, NftChain chain, NftRule rule)
    {
        int first = _ops.Count, number = _rules.Count;
        _rules.Add(rule);
        try
        {
            foreach (NftStatement statement in rule.Statements)
                AddStatement(table, statement);
        }
        catch (RulesetException error)
        {
            string line = rule.Line > 0 ? $" (line {rule.Line})" : "";
            throw new RulesetException($"{table.Name} {chain.Name} rule {number + 1}{line}: {error.Message}", error);
        }

        Add(NftOpCode.RuleEnd);
        for (int i = first; i < _ops.Count; i++)
            _ops[i] = _ops[i] with { Rule = number, Next = _ops.Count };
    }

    private void Add(NftOpCode code, NftField field = default, bool negated = false, int index = 0, ulong mask = 0, ulong value = 0) =>
        _ops.Add(new NftOp { Code = code, Field = field, Negated = negated, Index = index, Mask = mask, Value = value });
}
