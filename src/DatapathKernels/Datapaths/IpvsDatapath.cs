using System.Runtime.CompilerServices;
using DatapathKernels.Conntrack;
using DatapathKernels.Diagnostics;
using DatapathKernels.Filtering;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>
/// kube-proxy's IPVS mode: connection tracking and IPVS side by side, as on a real node (<c>net.ipv4.vs.conntrack=1</c>), with the few rules of that mode
/// around them. Virtual addresses are the node's own (kube-ipvs0): client's packets meet IPVS behind INPUT, servers' answers behind FORWARD.
/// </summary>
/// <remarks>
/// <b>What differs from the iptables mode</b>, as on real nodes: a Local policy holds for pods and the node too; without an endpoint on the node all endpoints
/// serve where the service has addresses outside the cluster, and where it has none the client is told instead of dropped; source ranges are asked before endpoints are; a port that a service's address does not serve is refused; an endpoint whose
/// node is not told is not masqueraded when it meets itself; node ports do not answer on 127.0.0.1.
/// </remarks>
[SkipLocalsInit]
public sealed class IpvsDatapath : ChainDatapath
{
    private readonly IpvsDirector _director;

    /// <summary>Puts a datapath together. It owns none of its parts.</summary>
    /// <param name="network">The node's place in the network; virtual addresses are addresses of the node.</param>
    /// <param name="director">The services.</param>
    /// <param name="v4">The mode's rules for IPv4, by the matcher of choice; null for none.</param>
    /// <param name="v6">Those for IPv6.</param>
    /// <param name="connections">The node's connections.</param>
    /// <param name="policy">Network policy as chains; null for none.</param>
    /// <param name="seed">Where the draws of rules start.</param>
    /// <exception cref="ArgumentException">A matcher of the other family.</exception>
    public IpvsDatapath(NodeNetwork network, IpvsDirector director, ChainMatcher? v4, ChainMatcher? v6, ConntrackTable connections, ForwardPolicy? policy = null, uint seed = 1)
        : base(network, v4, v6, connections, policy, seed)
    {
        ArgumentNullException.ThrowIfNull(director);
        _director = director;
    }

    /// <summary>The kernel's errors leave IPVS's service out of it.</summary>
    private protected override bool AnswersInTheNameAsked => false;

    /// <summary>Answers of servers meet IPVS behind FORWARD.</summary>
    private protected override bool ForwardsByRules => false;

    private protected override void Prepare(int count)
    {
        base.Prepare(count);
        _director.Prepare(Infos.AsSpan(0, count), KeysV4, Keys);
    }

    private protected override PacketFate RunRouted(in PacketBurst burst, int index, in PacketInfo info, in FlowKeyV6 key, bool own, ref PacketMeta meta, ref TrackedConnections connections)
    {
        PacketFate fate = default;
        int hop = Network.Route(burst[index], info);
        bool local = hop >= 0 && Network.HopOf(hop).Kind == RouteTargetKind.Host;
        if (local)
        {
            connections.StopsBeforeNat = true;
            if (!own && !Pass(Hook.Input, burst, index, info, ref meta, ref connections, out fate))
                return fate;
            connections.StopsBeforeNat = false;
            if (!TryBalance(burst, index, info, meta, ref connections, out bool balanced, out fate))
                return fate;
            if (!balanced)
                return connections.Confirm(ref meta) ? Emit(burst, index, key, hop) : Dropped(ref connections, DropReason.TableFull);
            hop = Network.Route(burst[index], info);
        }

        if (hop < 0)
            return Dropped(ref connections, DropReason.NoRoute);
        if (!own && !TryForward(burst, index, info, hop, out fate))
        {
            connections.Forget();
            return fate;
        }

        meta.OutInterface = Network.HopOf(hop).Interface;
        if (!local && !own && !PassForward(burst, index, info, ref meta, ref connections, out fate))
            return fate;
        if (local && !IsAllowed(burst, index, info, ref meta, ref connections, out fate))
            return fate;
        meta.InInterface = 0;
        return Pass(Hook.PostRouting, burst, index, info, ref meta, ref connections, out fate) ? Emit(burst, index, key, hop) : fate;
    }

    private bool PassForward(in PacketBurst burst, int index, in PacketInfo info, ref PacketMeta meta, ref TrackedConnections connections, out PacketFate fate) =>
        Pass(Hook.Forward, burst, index, info, ref meta, ref connections, out fate)
        && IsAllowed(burst, index, info, ref meta, ref connections, out fate)
        && TryBalance(burst, index, info, meta, ref connections, out _, out fate);

    /// <summary>IPVS, whichever way the packet goes. False when it drops the packet.</summary>
    private bool TryBalance(in PacketBurst burst, int index, in PacketInfo info, in PacketMeta meta, ref TrackedConnections connections, out bool balanced, out PacketFate fate)
    {
        fate = default;
        Span<byte> frame = burst[index];
        IpvsStatus status = Balance(frame, index, info, meta, out IpvsVerdict verdict);
        if (IsTraced)
            TellService(status, verdict.IsNew);
        balanced = status is IpvsStatus.Forwarded or IpvsStatus.Replied;
        if (status == IpvsStatus.Forwarded && verdict.IsNew && connections.Packet.Id >= 0)
            Connections.ExpectAnswersFrom(connections.Packet.Id, ConnectionKeys.FromWire((info.Flags & PacketFlags.Ipv4) != 0, verdict.NextHop), verdict.ServerPortBe);
        if (balanced || status == IpvsStatus.NotOurs)
            return true;
        fate = status == IpvsStatus.NoServer ? Unreachable(burst, index, info) : PacketFate.Drop(status switch
        {
            IpvsStatus.TableFull => DropReason.TableFull,
            IpvsStatus.NotRewritten => DropReason.NotRewritten,
            IpvsStatus.BadChecksum => DropReason.Invalid,
            _ => DropReason.NoBackend,
        });
        connections.Forget();
        return false;
    }

    private IpvsStatus Balance(Span<byte> frame, int index, in PacketInfo info, in PacketMeta meta, out IpvsVerdict verdict)
    {
        if (!MayBeTranslated(meta))
            return _director.ProcessPrepared(index, frame, info, KeysV4[index], Keys[index], meta.Mark, meta.NowMs, out verdict);
        FlowParser.ParseNetwork(frame.Slice(info.L3Offset, (int)info.L3Length), 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out _);
        return _director.Process(frame, info, v4, v6, meta.Mark, meta.NowMs, out verdict);
    }

    /// <summary>False for a packet whose addresses are those it came with: of a known connection that only IPVS translates.</summary>
    private static bool MayBeTranslated(in PacketMeta meta) =>
        meta.State != ConnectionStates.Established || (meta.Status & (ConnectionStatuses.SourceNat | ConnectionStatuses.DestinationNat)) != 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TellService(IpvsStatus status, bool isNew) => Step("ipvs", $"{status}{(isNew ? ", scheduled" : "")}", CostClass.Lookup);

    /// <summary>Without a server the kernel answers "port unreachable" (<c>ip_vs_leave</c>).</summary>
    private PacketFate Unreachable(in PacketBurst burst, int index, in PacketInfo info) => (info.Flags & PacketFlags.Ipv4) != 0
        ? AnswerError(burst, index, info, DropReason.NoBackend, 3, 3, 0)
        : AnswerError(burst, index, info, DropReason.NoBackend, 1, 4, 0);

    private static PacketFate Dropped(ref TrackedConnections connections, DropReason reason)
    {
        connections.Forget();
        return PacketFate.Drop(reason);
    }
}
