using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>A service port as a dump's rules tell it.</summary>
/// <param name="Family">The family of its address.</param>
/// <param name="Address">Cluster IP, the number form of <see cref="IpNetwork"/>.</param>
/// <param name="Port">Service port, host order.</param>
/// <param name="Protocol">Its protocol.</param>
/// <param name="Chain">The chain its traffic jumps to.</param>
/// <param name="Endpoints">Where that chain sends it: addresses and ports of every DNAT below it.</param>
internal sealed record DumpService(IpFamily Family, UInt128 Address, ushort Port, IpProtocol Protocol, string Chain, IReadOnlySet<(UInt128 Address, ushort Port)> Endpoints)
{
    /// <summary>
    /// True when every packet to the service must reach an endpoint: <c>KUBE-SVC</c> chains only choose among them. Others
    /// (external and local traffic policies) also ask where the packet comes from.
    /// </summary>
    public bool IsUnconditional => Chain.StartsWith("KUBE-SVC-", StringComparison.Ordinal);

    /// <summary>The services that the nat table's <c>KUBE-SERVICES</c> dispatches by address, protocol and port.</summary>
    public static IReadOnlyList<DumpService> In(Ruleset ruleset)
    {
        if (ruleset.Find(TableKind.Nat, "KUBE-SERVICES") is not { } dispatch)
            return [];
        Dictionary<(UInt128, ushort, IpProtocol), DumpService> services = [];
        foreach (Rule rule in dispatch.Rules)
        {
            if (TryRead(ruleset, rule) is { } service)
                services.TryAdd((service.Address, service.Port, service.Protocol), service);
        }

        return [.. services.Values];
    }

    /// <summary>The endpoints below a chain, whatever decides between them.</summary>
    private static HashSet<(UInt128 Address, ushort Port)> EndpointsBelow(Ruleset ruleset, string chain)
    {
        HashSet<(UInt128, ushort)> endpoints = [];
        HashSet<string> seen = [];
        Stack<string> open = new([chain]);
        while (open.TryPop(out string? name))
        {
            if (!seen.Add(name) || ruleset.Find(TableKind.Nat, name) is not { } found)
                continue;
            foreach (Rule rule in found.Rules)
            {
                if (rule.Target is JumpTarget jump)
                    open.Push(jump.Chain);
                else if (rule.Target is NatTarget { Kind: NatKind.Dnat, Low: { } address, Ports: { } ports })
                    endpoints.Add((address, ports.Low));
            }
        }

        return endpoints;
    }

    // The rule must dispatch on nothing but address, protocol and port. The masquerade rule that stands before it in old
    // dumps also tests the source, and jumps to a chain without endpoints.
    private static DumpService? TryRead(Ruleset ruleset, Rule rule)
    {
        UInt128? address = null;
        ushort? port = null;
        IpProtocol? protocol = null;
        foreach (RuleMatch match in rule.Matches)
        {
            switch (match)
            {
                case CommentMatch:
                    break;
                case AddressMatch { Side: PacketSide.Destination, Negated: false } a when a.Network.Mask == IpNetwork.MaskOf(ruleset.Family, IpNetwork.Bits(ruleset.Family)):
                    address = a.Network.Address;
                    break;
                case ProtocolMatch { Negated: false } p:
                    protocol = p.Protocol;
                    break;
                case TcpMatch { FlagMask: 0, Source.IsAny: true, Destination.Negated: false } t when t.Destination.Range.Low == t.Destination.Range.High:
                    port = t.Destination.Range.Low;
                    break;
                case PortMatch { Source.IsAny: true, Destination.Negated: false } u when u.Destination.Range.Low == u.Destination.Range.High:
                    port = u.Destination.Range.Low;
                    break;
                default:
                    return null;
            }
        }

        return rule.Target is JumpTarget { Chain: var chain } && !chain.StartsWith("KUBE-MARK-", StringComparison.Ordinal)
            && address is { } to && port is { } at && protocol is { } with
            ? new DumpService(ruleset.Family, to, at, with, chain, EndpointsBelow(ruleset, chain))
            : null;
    }
}
