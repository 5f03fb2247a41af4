using DatapathKernels.Conntrack;
using DatapathKernels.Diagnostics;
using DatapathKernels.Filtering;
using DatapathKernels.Filtering.Nft;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>
/// kube-proxy's nftables mode: connection tracking, the node's base chains by priority, NAT, routing, in the kernel's order: PREROUTING, then
/// INPUT, or FORWARD and POSTROUTING; OUTPUT and POSTROUTING for what the node sends.
/// </summary>
/// <remarks>
/// <b>What differs from the iptables mode</b>, as on real nodes: a port that a ClusterIP does not serve is refused, where iptables routes the packet on; node ports do not
/// answer on 127.0.0.1.
/// </remarks>
public sealed class NftablesDatapath : TrackedDatapath
{
    private readonly NftMatcher?[] _rules;

    /// <summary>Puts a datapath together. It owns none of its parts.</summary>
    /// <param name="network">The node's place in the network.</param>
    /// <param name="v4">The tables of IPv4; null for none.</param>
    /// <param name="v6">The tables of IPv6.</param>
    /// <param name="connections">The node's connections.</param>
    /// <param name="policy">Network policy as chains; null for none.</param>
    /// <param name="seed">Where the draws of <c>numgen random</c> start.</param>
    /// <exception cref="ArgumentException">A matcher of the other family.</exception>
    public NftablesDatapath(NodeNetwork network, NftMatcher? v4, NftMatcher? v6, ConntrackTable connections, ForwardPolicy? policy = null, uint seed = 1)
        : base(network, connections, policy, seed)
    {
        if (v4?.Family == IpFamily.V6 || v6?.Family == IpFamily.V4)
            Throw.Argument(nameof(v4), "expected the tables of IPv4 first, then those of IPv6");
        _rules = [v4, v6];
    }

    private protected override bool TranslatesV4 => _rules[0] is { HasNat: true };

    private protected override bool IsSettledV4(Hook hook) => _rules[0] is { } rules && rules.IsSettled(hook);

    /// <summary>Settled chains count nothing.</summary>
    private protected override bool TryCountV4(Hook hook, uint bytes) => IsSettledV4(hook);

    private protected override bool Pass(Hook hook, in PacketBurst burst, int index, in PacketInfo info, ref PacketMeta meta, ref TrackedConnections connections, out PacketFate fate) =>
        TryTables(_rules[(info.Flags & PacketFlags.Ipv4) != 0 ? 0 : 1], hook, burst, index, info, ref meta, ref Random, ref connections, out fate);
}
