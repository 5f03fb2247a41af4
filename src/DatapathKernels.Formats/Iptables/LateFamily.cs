using DatapathKernels.Filtering;

namespace DatapathKernels.Formats.Iptables;

/// <summary>
/// A text need not say its family before its first address. What was read before that was taken for IPv4: here it becomes
/// IPv6, where the family makes a difference.
/// </summary>
internal static class LateFamily
{
    public static void MakeV6(Table table)
    {
        foreach (Chain chain in table.Chains)
        {
            Rule[] rules = [.. chain.Rules];
            chain.Flush();
            foreach (Rule rule in rules)
                chain.Add(MakeV6(rule));
        }
    }

    private static Rule MakeV6(Rule rule) =>
        new([.. rule.Matches.Select(MakeV6)], MakeV6(rule.Target)) { Packets = rule.Packets, Bytes = rule.Bytes, Line = rule.Line };

    private static RuleMatch MakeV6(RuleMatch match) =>
        match is RecentMatch recent && recent.Mask == uint.MaxValue ? recent with { Mask = UInt128.MaxValue } : match;

    private static RuleTarget? MakeV6(RuleTarget? target) => target switch
    {
        RejectTarget { Reject: RejectKind.PortUnreachable } => new RejectTarget(RejectKind.V6PortUnreachable),
        NatTarget { Family: IpFamily.V4 } nat => nat with { Family = IpFamily.V6 },
        _ => target,
    };
}
