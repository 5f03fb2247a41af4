namespace DatapathKernels.Filtering;

/// <content>Targets.</content>
internal sealed partial class RuleCompiler
{
    private RuleTail ActionOf(Table table, RuleTarget? target) => target switch
    {
        null => new RuleTail { Action = RuleAction.Continue },
        VerdictTarget { Verdict: RuleVerdict.Accept } => new RuleTail { Action = RuleAction.Accept },
        VerdictTarget { Verdict: RuleVerdict.Drop } => new RuleTail { Action = RuleAction.Drop },
        VerdictTarget => new RuleTail { Action = RuleAction.Return },
        JumpTarget jump => new RuleTail
        {
            Action = jump.IsGoto ? RuleAction.Goto : RuleAction.Jump,
            Argument = (uint)_starts[_chainNumbers[table.Find(jump.Chain)!]],
        },
        RejectTarget reject => new RuleTail { Action = RuleAction.Reject, Argument = (uint)reject.Reject },
        MarkTarget mark => new RuleTail { Action = RuleAction.Mark, Argument = mark.Value, Argument2 = mark.Mask },
        NatTarget nat => new RuleTail { Action = RuleAction.Nat, Argument = Append(_translations, Translation.Compile(nat)) },
        _ => AlterationOf(target),
    };

    private RuleTail AlterationOf(RuleTarget target) => target switch
    {
        DscpTarget dscp => Alter(Alteration.TrafficClass, (uint)dscp.Value << 2, 0xfc),
        TosTarget tos => Alter(Alteration.TrafficClass, tos.Value, tos.Mask),
        HopLimitTarget hops => Alter(Alteration.HopLimit, (uint)hops.Mode, hops.Value),
        TcpMssTarget mss => Alter(Alteration.SegmentSize, mss.Bytes ?? uint.MaxValue),
        ConnectionMarkTarget mark => Alter(Alteration.ConnectionMark, Append(_connectionMarks, mark)),
        TrackingTarget { NoTrack: true } => Alter(Alteration.Untrack, 0),
        TrackingTarget tracking => Alter(Alteration.Zone, tracking.Zone ?? 0),
        LogTarget log => Alter(Alteration.Log, Append(_logs, log)),
        SetTarget set when TryCompile(set, out SetChange change) => Alter(Alteration.Sets, Append(_setChanges, change)),
        _ => new RuleTail { Action = _options.Unknown == UnknownPolicy.Error ? RuleAction.Unknown : RuleAction.Continue },
    };

    private static RuleTail Alter(Alteration alteration, uint argument, uint argument2 = 0) =>
        new() { Action = RuleAction.Alter, Alteration = alteration, Argument = argument, Argument2 = argument2 };

    /// <summary>False when the node lacks one of the sets: iptables refuses such a rule, here it is one that is not carried out.</summary>
    private bool TryCompile(SetTarget target, out SetChange change)
    {
        bool found = TryFindSet(target.Add, out int add) & TryFindSet(target.Remove, out int remove) & TryFindSet(target.Map, out _);
        change = new SetChange(
            add, target.Add?.Directions ?? default, remove, target.Remove?.Directions ?? default, target.TimeoutSeconds, target.Renew);
        return found;
    }

    private bool TryFindSet(SetReference? reference, out int number)
    {
        number = -1;
        if (reference is not { } set)
            return true;
        bool found = TryFindSet(set.Name, out uint index);
        number = (int)index;
        return found;
    }
}
