namespace DatapathKernels.Filtering.Nft;

/// <summary>Checks what the kernel checks of jumps: no circles, and not too deep.</summary>
internal sealed class NftChainGraph
{
    /// <summary>The kernel's <c>NFT_JUMP_STACK_SIZE</c>; goto counts as jump does.</summary>
    public const int MaxDepth = 16;

    private const int Unknown = -1, Underway = -2;

    private readonly NftProgram _program;
    private readonly List<int>[] _targets;
    private readonly int[] _heights;

    private NftChainGraph(NftProgram program)
    {
        _program = program;
        _targets = new List<int>[program.Chains.Length];
        _heights = new int[program.Chains.Length];
        Array.Fill(_heights, Unknown);
    }

    /// <exception cref="RulesetException">Chains call one another in a circle or more than 16 deep.</exception>
    public static void Check(NftProgram program)
    {
        NftChainGraph graph = new(program);
        for (int i = 0; i < program.Chains.Length; i++)
            graph._targets[i] = graph.TargetsOf(i);
        for (int i = 0; i < program.Chains.Length; i++)
            graph.HeightOf(i, 0);
    }

    private int HeightOf(int chain, int depth)
    {
        if (_heights[chain] == Underway)
            throw new RulesetException($"chain {NameOf(chain)} comes back to itself; expected chains that end");
        if (_heights[chain] != Unknown)
            return _heights[chain];
        _heights[chain] = Underway;
        int height = 0;
        foreach (int target in _targets[chain])
            height = Math.Max(height, HeightOf(target, depth + 1) + 1);
        if (height > MaxDepth || depth > MaxDepth)
            throw new RulesetException($"chain {NameOf(chain)} calls chains more than {MaxDepth} deep");
        return _heights[chain] = height;
    }

    private List<int> TargetsOf(int chain)
    {
        List<int> targets = [];
        for (int i = _program.Starts[chain]; _program.Ops[i].Code != NftOpCode.ChainEnd; i++)
        {
            NftOp op = _program.Ops[i];
            if (op.Code == NftOpCode.Verdict)
                AddTarget(op.Value, targets);
            else if (op.Code == NftOpCode.Number)
                AddTargets(_program.Numbers[op.Index].Verdicts, targets);
            else if (op.Code == NftOpCode.Map)
                AddTargets(_program.Lookups[op.Index].Plan.Set, _program.Chains[chain].Table, targets);
        }

        return targets;
    }

    private static void AddTargets(ulong[] verdicts, List<int> targets)
    {
        foreach (ulong verdict in verdicts)
            AddTarget(verdict, targets);
    }

    private void AddTargets(NftSet map, NftTable table, List<int> targets)
    {
        foreach (NftElement element in map.Elements)
        {
            if (element.Verdict?.Chain is { } name)
                targets.Add(_program.ChainNumbers[(table, name)]);
        }
    }

    private static void AddTarget(ulong verdict, List<int> targets)
    {
        if (verdict != 0 && NftVerdictWord.KindOf(verdict) is NftVerdictKind.Jump or NftVerdictKind.Goto)
            targets.Add(NftVerdictWord.TargetOf(verdict));
    }

    private string NameOf(int chain) => $"{_program.Chains[chain].Table.Name} {_program.Chains[chain].Chain.Name}";
}
