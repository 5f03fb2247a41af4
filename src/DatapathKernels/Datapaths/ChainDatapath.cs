using DatapathKernels.Conntrack;
using DatapathKernels.Diagnostics;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>A node with connection tracking whose rules are iptables chains, of both families.</summary>
public abstract class ChainDatapath : TrackedDatapath
{
    private readonly ChainMatcher?[] _rules;

    private protected ChainDatapath(NodeNetwork network, ChainMatcher? v4, ChainMatcher? v6, ConntrackTable connections, ForwardPolicy? policy, uint seed)
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

    /// <summary>Counts a plain packet of an established connection; false when the rules of the hook have to be asked.</summary>
    private protected bool TryCountV4(Hook hook, in SettledPacket packet, uint bytes) => _rules[0]!.TryPassSettled(hook, packet, bytes);

    private protected override bool Pass(Hook hook, in PacketBurst burst, int index, in PacketInfo info, ref PacketMeta meta, ref TrackedConnections connections, out PacketFate fate) =>
        TryRules(_rules[(info.Flags & PacketFlags.Ipv4) != 0 ? 0 : 1], hook, burst, index, info, ref meta, ref Random, ref connections, out fate);
}
