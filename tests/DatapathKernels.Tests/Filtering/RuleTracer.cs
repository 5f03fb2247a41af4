using System.Net;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Filtering;

/// <summary>
/// kube-proxy's own test tracer over our model: takes every branch of the statistic rules, so that one walk collects every
/// endpoint a packet can be sent to. An oracle beside the matcher, sharing nothing with it but the model.
/// </summary>
public sealed class RuleTracer(Ruleset ruleset, NodeAddresses node, string source, string destination, int port, IpProtocol protocol)
{
    private static readonly string[] FilterChains = ["KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS", "KUBE-PROXY-FIREWALL"];

    private readonly UInt128 _source = IpNetwork.ToNumber(IPAddress.Parse(source));
    private UInt128 _destination = IpNetwork.ToNumber(IPAddress.Parse(destination));

    public List<string> Outputs { get; } = [];

    public bool Masquerades { get; private set; }

    private UInt128? Translated { get; set; }

    public void Run()
    {
        Walk(ruleset.Find(TableKind.Nat, "PREROUTING")!);
        _destination = Translated ?? _destination;
        foreach (string chain in FilterChains)
        {
            if (ruleset.Find(TableKind.Filter, chain) is { } found)
                Walk(found);
        }
    }

    private bool Walk(Chain chain)
    {
        foreach (Rule rule in chain.Rules)
        {
            if (rule.Target is null || !rule.Matches.All(Fits))
                continue;
            bool branches = rule.Matches.Any(match => match is StatisticMatch);
            switch (rule.Target)
            {
                case JumpTarget { Chain: "KUBE-MARK-MASQ" }:
                    Masquerades = true;
                    break;
                case JumpTarget jump:
                    if (Walk(ruleset.Find(chain.Table, jump.Chain)!) && !branches)
                        return true;
                    break;
                case NatTarget { Kind: NatKind.Dnat } nat:
                    Translated ??= nat.Low;
                    Outputs.Add(nat.Family == IpFamily.V4
                        ? $"{IpNetwork.Format(nat.Family, nat.Low!.Value)}:{nat.Ports!.Value.Low}"
                        : $"[{IpNetwork.Format(nat.Family, nat.Low!.Value)}]:{nat.Ports!.Value.Low}");
                    return true;
                case VerdictTarget { Verdict: RuleVerdict.Return }:
                    return false;
                case VerdictTarget verdict:
                    Outputs.Add(verdict.Verdict == RuleVerdict.Accept ? "ACCEPT" : "DROP");
                    return true;
                case RejectTarget:
                    Outputs.Add("REJECT");
                    return true;
            }
        }

        return false;
    }

    private bool Fits(RuleMatch match) => match switch
    {
        AddressMatch address => address.Network.Contains(address.Side == PacketSide.Source ? _source : _destination) != address.Negated,
        ProtocolMatch other => (other.Protocol == protocol) != other.Negated,
        TcpMatch tcp => Fits(tcp.Destination),
        PortMatch ports => Fits(ports.Destination),
        AddressTypeMatch type => Fits(type.Source, type.SourceNegated, _source) && Fits(type.Destination, type.DestinationNegated, _destination),
        MarkMatch or ConntrackMatch => false,
        RecentMatch recent => recent.Mode == RecentMode.Set,
        StatisticMatch or CommentMatch => true,
        _ => throw new NotSupportedException(match.ToString()),
    };

    private bool Fits(PortTest test) => test.IsAny || test.Range.Contains((ushort)port) != test.Negated;

    private bool Fits(AddressTypes types, bool negated, UInt128 address) => types == AddressTypes.None
        || ((ruleset.Family == IpFamily.V4 ? node.KindOfV4((uint)address) : node.KindOfV6(address)) & types) != 0 != negated;
}
