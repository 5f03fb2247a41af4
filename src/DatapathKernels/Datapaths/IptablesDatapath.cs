using DatapathKernels.Conntrack;
using DatapathKernels.Diagnostics;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>
/// kube-proxy's iptables mode: connection tracking, the node's rules by one of the three matchers, NAT, routing, in the kernel's order: PREROUTING, then
/// INPUT, or FORWARD and POSTROUTING; OUTPUT and POSTROUTING for what the node sends.
/// </summary>
public sealed class IptablesDatapath : TrackedDatapath
{
    private readonly ChainMatcher?[] _rules;

    /// <summary>Puts a datapath together. It owns none of its parts.</summary>
    /// <param name="network">The node's place in the network.</param>
    /// <param name="v4">The rules of IPv4, by the matcher of choice; null for none.</param>
    /// <param name="v6">The rules of IPv6.</param>
    /// <param name="connections">The node's connections.</param>
    /// <param name="policy">Network policy as chains; null for none.</param>
    /// <param name="seed">Where the draws of <c>statistic</c> start.</param>
    /// <exception cref="ArgumentException">A matcher of the other family.</exception>
    public IptablesDatapath(NodeNetwork network, ChainMatcher? v4, ChainMatcher? v6, ConntrackTable connections, ForwardPolicy? policy = null, uint seed = 1)
        : base(network, connections, policy, seed)
    {
        if (v4?.Family == IpFamily.V6 || v6?.Family == IpFamily.V4)
            Throw.Argument(nameof(v4), "expected the rules of IPv4 first, then those of IPv6");
        _rules = [v4, v6];
        v4?.Settle();
        v6?.Settle();
    }

    private protected override bool TranslatesV4 => _rules[0] is { HasNat: true };

    private protected override bool IsSettledV4(Hook hook) => _rules[0] is { } rules && rules.IsSettled(hook);

    private protected override bool TryCountV4(Hook hook, uint bytes) => _rules[0]!.TryPassSettled(hook, bytes);

    private protected override bool Pass(Hook hook, in PacketBurst burst, int index, in PacketInfo info, ref PacketMeta meta, ref TrackedConnections connections, out PacketFate fate) =>
        TryRules(_rules[(info.Flags & PacketFlags.Ipv4) != 0 ? 0 : 1], hook, burst, index, info, ref meta, ref Random, ref connections, out fate);
}
