using System.Runtime.CompilerServices;
using DatapathKernels.Conntrack;
using DatapathKernels.Diagnostics;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>
/// kube-proxy's iptables mode: connection tracking, the node's rules by one of the three matchers, NAT, routing, in the kernel's order: PREROUTING, then
/// INPUT, or FORWARD and POSTROUTING; OUTPUT and POSTROUTING for what the node sends.
/// </summary>
[SkipLocalsInit]
public sealed class IptablesDatapath : Datapath
{
    private readonly ChainMatcher?[] _rules;
    private readonly ForwardPolicy? _policy;
    private readonly ConntrackTable _connections;
    private readonly uint[] _buckets = new uint[PacketBurst.MaxCount];
    private PacketRandom _random;

    /// <summary>Puts a datapath together. It owns none of its parts.</summary>
    /// <param name="network">The node's place in the network.</param>
    /// <param name="v4">The rules of IPv4, by the matcher of choice; null for none.</param>
    /// <param name="v6">The rules of IPv6.</param>
    /// <param name="connections">The node's connections.</param>
    /// <param name="policy">Network policy as chains; null for none.</param>
    /// <param name="seed">Where the draws of <c>statistic</c> start.</param>
    /// <exception cref="ArgumentException">A matcher of the other family.</exception>
    public IptablesDatapath(NodeNetwork network, ChainMatcher? v4, ChainMatcher? v6, ConntrackTable connections, ForwardPolicy? policy = null, uint seed = 1)
        : base(network)
    {
        ArgumentNullException.ThrowIfNull(connections);
        if (v4?.Family == IpFamily.V6 || v6?.Family == IpFamily.V4)
            Throw.Argument(nameof(v4), "expected the rules of IPv4 first, then those of IPv6");
        _rules = [v4, v6];
        v4?.Settle();
        v6?.Settle();
        _connections = connections;
        _policy = policy;
        _random = new PacketRandom(seed);
    }

    /// <inheritdoc/>
    private protected override bool AnswersInTheNameAsked => true;

    private protected override void Prepare(int count) =>
        _connections.Prepare(Keys.AsSpan(0, count), _buckets, translates: true);

    private protected override PacketFate Run(in PacketBurst burst, int index, in PacketInfo info, in FlowKeyV6 key, ushort inInterface, long nowMs)
    {
        bool own = inInterface == FromHost;
        PacketMeta meta = new() { NowMs = nowMs, InInterface = own ? (ushort)0 : inInterface };
        TrackedConnections connections = new(_connections, key, _buckets[index]);
        if (own)
            meta.OutInterface = InterfaceTo(Network.Route(burst[index], info));
        if (!Pass(own ? Hook.Output : Hook.PreRouting, burst, index, info, ref meta, ref connections, out PacketFate fate))
            return fate;
        int hop = Network.Route(burst[index], info);
        if (hop >= 0 && Network.HopOf(hop).Kind == RouteTargetKind.Host)
            return Pass(Hook.Input, burst, index, info, ref meta, ref connections, out fate) ? Emit(burst, index, key, hop) : fate;
        if (hop < 0 || (!own && !TryForward(burst, index, info, hop, out fate)))
        {
            connections.Forget();
            return hop < 0 ? PacketFate.Drop(DropReason.NoRoute) : fate;
        }

        meta.OutInterface = InterfaceTo(hop);
        if (!own && (!Pass(Hook.Forward, burst, index, info, ref meta, ref connections, out fate) || !IsAllowed(burst, index, info, ref meta, ref connections, out fate)))
            return fate;
        meta.InInterface = 0;
        return Pass(Hook.PostRouting, burst, index, info, ref meta, ref connections, out fate) ? Emit(burst, index, key, hop) : fate;
    }

    /// <summary>Nothing: the parts are the caller's.</summary>
    private protected override void Release()
    {
    }

    private ushort InterfaceTo(int hop) => hop < 0 ? (ushort)0 : Network.HopOf(hop).Interface;

    private bool Pass(Hook hook, in PacketBurst burst, int index, in PacketInfo info, ref PacketMeta meta, ref TrackedConnections connections, out PacketFate fate) =>
        TryRules(_rules[(info.Flags & PacketFlags.Ipv4) != 0 ? 0 : 1], hook, burst, index, info, ref meta, ref _random, ref connections, out fate);

    private bool IsAllowed(in PacketBurst burst, int index, in PacketInfo info, ref PacketMeta meta, ref TrackedConnections connections, out PacketFate fate) =>
        TryPolicy(_policy, burst, index, info, ref meta, ref _random, ref connections, out fate);
}
