namespace DatapathKernels.Filtering;

/// <summary>
/// Listens to a walk from within its scan. Each call tells where the walk went on and which head matched next: the rules in
/// between differ in their heads, and whether the rule found before matched as a whole is seen in its counter. So what is
/// explained is the walk itself and not a second one.
/// </summary>
internal sealed unsafe class WalkTrace(ChainMatcher matcher, RuleProgram program, RuleState state, TestWords words, PacketMeta* meta, bool everyRule)
{
    private readonly DifferingRun _run = new(everyRule);
    private readonly List<ExplanationStep> _steps = [];
    private int _pending = -1;
    private ulong _pendingPackets;
    private PacketMeta _before;

    /// <summary>What was told so far.</summary>
    public List<ExplanationStep> Steps => _steps;

    /// <summary>The start of a walk.</summary>
    public void Begin(in PacketView view, ConnectionRecord? connection)
    {
        words.Load(view);
        words.Connection = connection;
        _pending = -1;
        _before = *meta;
    }

    /// <summary>A step: heads from <paramref name="from"/> to before <paramref name="found"/> differ, the one found matches.</summary>
    public void Step(int from, int found, in PacketView view)
    {
        Resolve();
        words.Load(view);
        for (int rule = from; rule < found; rule++)
            Differs(rule);
        _pending = found;
        _pendingPackets = state.Counters[found].Packets;
        _before = *meta;
    }

    /// <summary>The end of a walk.</summary>
    public void End(in PacketVerdict verdict)
    {
        if (_pending >= 0 && !Matched && verdict.Rule == _pending)
        {
            _run.Flush(_steps, program);
            string why = verdict.Kind == VerdictKind.UnknownMatch ? $"cannot tell: {matcher.Describe(verdict)}" : words.IsCut ? "dropped: the transport header it asks for is cut off" : "dropped: no room left in a list of recent";
            Tell(ExplanationKind.Matches, _pending, why);
            _pending = -1;
        }

        Resolve();
        _run.Flush(_steps, program);
    }

    private bool Matched => state.Counters[_pending].Packets != _pendingPackets;

    private void Resolve()
    {
        if (_pending < 0)
            return;
        if (!Matched)
        {
            Differs(_pending);
            return;
        }

        _run.Flush(_steps, program);
        if (program.Rules[_pending] is { } rule)
            Tell(ExplanationKind.Matches, _pending, $"{Asked(rule)}: {TargetWords.Of(rule.Target)}{Changes()}");
        else
            TellEnd();
    }

    private void TellEnd()
    {
        Chain chain = program.Chains[program.ChainOf(_pending)];
        string text = chain.Hook is null ? "end of the chain" : chain.DropPolicy ? "policy drop" : "policy accept";
        _steps.Add(new ExplanationStep(ExplanationKind.ChainEnd, chain.ToString(), 0, 0, 0, text));
    }

    private void Tell(ExplanationKind kind, int number, string text)
    {
        int chain = program.ChainOf(number), index = number - program.Starts[chain] + 1;
        _steps.Add(new ExplanationStep(kind, program.Chains[chain].ToString(), index, index, program.Rules[number]?.Line ?? 0, text));
    }

    private void Differs(int number)
    {
        PacketTest reason = ReasonOf(program.Rules[number]!);
        if (!_run.Continues(number, program))
            _run.Flush(_steps, program);
        _run.Add(number, reason);
    }

    /// <summary>
    /// The first test that says no. Where only tests with a memory are left, the walk's own note tells which of them it was.
    /// </summary>
    private PacketTest ReasonOf(Rule rule)
    {
        PacketTest? memory = null;
        foreach (RuleMatch match in rule.Matches)
        {
            foreach (PacketTest test in words.Of(match))
            {
                if (test.Differs)
                    return test;
                if (test.Fits is null && (memory is null || IsOf(match, matcher.LastDiffering)))
                    memory = test;
            }
        }

        return memory ?? new PacketTest("rule", "", "one that can match", false, false);
    }

    private bool IsOf(RuleMatch match, int extra) => extra >= 0 && match switch
    {
        StatisticMatch { Mode: StatisticMode.Random } => program.Extras[extra].Kind == ExtraKind.Random,
        StatisticMatch => program.Extras[extra].Kind == ExtraKind.Nth,
        LimitMatch => program.Extras[extra].Kind == ExtraKind.Limit,
        RecentMatch => program.Extras[extra].Kind == ExtraKind.Recent,
        _ => false,
    };

    private string Asked(Rule rule)
    {
        List<string> asked = [];
        foreach (RuleMatch match in rule.Matches)
        {
            foreach (PacketTest test in words.Of(match))
            {
                bool told = test.Field is "transport header" or "Ethernet header" or "connection" || asked.Contains(test.Asked);
                if (!told)
                    asked.Add(test.Asked);
            }
        }

        return asked.Count == 0 ? "every packet" : string.Join(", ", asked);
    }

    private string Changes()
    {
        string text = "";
        if (meta->Mark != _before.Mark)
            text += $"; mark 0x{_before.Mark:x} becomes 0x{meta->Mark:x}";
        if (meta->ConnectionMark != _before.ConnectionMark)
            text += $"; connmark 0x{_before.ConnectionMark:x} becomes 0x{meta->ConnectionMark:x}";
        if (meta->State != _before.State)
            text += $"; state {_before.State} becomes {meta->State}";
        return text;
    }
}
