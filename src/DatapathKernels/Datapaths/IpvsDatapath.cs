using System.Buffers.Binary;
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
public sealed partial class IpvsDatapath : ChainDatapath
{
    private const ConnectionStatuses Translated = ConnectionStatuses.SourceNat | ConnectionStatuses.DestinationNat;

    // The next hop of packets that were addressed to the node: which one, is decided behind IPVS.
    private const int Local = -1;

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
        }
        else
        {
            if (hop < 0)
                return Dropped(ref connections, DropReason.NoRoute);
            if (!own && !TryForward(burst, index, info, hop, out fate))
            {
                connections.Forget();
                return fate;
            }

            meta.OutInterface = Network.HopOf(hop).Interface;
            if (own)
                return Leave(burst, index, info, key, hop, ref meta, ref connections);
            if (!Pass(Hook.Forward, burst, index, info, ref meta, ref connections, out fate) || !IsAllowed(burst, index, info, ref meta, ref connections, out fate))
                return fate;
        }

        IpvsStatus status = Balance(burst[index], index, info, meta.Mark, meta.NowMs, MayBeTranslated(meta), out IpvsVerdict verdict);
        return RunBalanced(burst, index, info, key, own, local ? Local : hop, status, verdict, ref meta, ref connections);
    }

    /// <summary>From IPVS on, whichever way the packet goes.</summary>
    /// <param name="burst">The frames.</param>
    /// <param name="index">The packet.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="key">Its key.</param>
    /// <param name="own">The node sent it.</param>
    /// <param name="hop">Its next hop; <see cref="Local"/> for one that was addressed to the node.</param>
    /// <param name="status">What IPVS says.</param>
    /// <param name="verdict">The same at length.</param>
    /// <param name="meta">What the hooks know.</param>
    /// <param name="connections">Its connection.</param>
    private PacketFate RunBalanced(
        in PacketBurst burst, int index, in PacketInfo info, in FlowKeyV6 key, bool own, int hop, IpvsStatus status, in IpvsVerdict verdict, ref PacketMeta meta, ref TrackedConnections connections)
    {
        if (!TryTake(burst, index, info, status, verdict, ref connections, out bool balanced, out PacketFate fate))
            return fate;
        if (hop != Local)
            return Leave(burst, index, info, key, hop, ref meta, ref connections);
        hop = Network.Route(burst[index], info);
        if (!balanced)
            return connections.Confirm(ref meta) ? Emit(burst, index, key, hop) : Dropped(ref connections, DropReason.TableFull);
        if (hop < 0)
            return Dropped(ref connections, DropReason.NoRoute);
        if (!own && !TryForward(burst, index, info, hop, out fate))
        {
            connections.Forget();
            return fate;
        }

        meta.OutInterface = Network.HopOf(hop).Interface;
        return IsAllowed(burst, index, info, ref meta, ref connections, out fate) ? Leave(burst, index, info, key, hop, ref meta, ref connections) : fate;
    }

    private PacketFate Leave(in PacketBurst burst, int index, in PacketInfo info, in FlowKeyV6 key, int hop, ref PacketMeta meta, ref TrackedConnections connections)
    {
        meta.InInterface = 0;
        return Pass(Hook.PostRouting, burst, index, info, ref meta, ref connections, out PacketFate fate) ? Emit(burst, index, key, hop) : fate;
    }

    /// <summary>What IPVS's word means for the packet. False when it is dropped.</summary>
    private bool TryTake(in PacketBurst burst, int index, in PacketInfo info, IpvsStatus status, in IpvsVerdict verdict, ref TrackedConnections connections, out bool balanced, out PacketFate fate)
    {
        fate = default;
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

    /// <summary>IPVS.</summary>
    private IpvsStatus Balance(Span<byte> frame, int index, in PacketInfo info, uint mark, long nowMs, bool mayBeTranslated, out IpvsVerdict verdict)
    {
        if (!mayBeTranslated || IsAsItCame(frame, info, KeysV4[index]))
            return _director.ProcessPrepared(index, frame, info, KeysV4[index], Keys[index], mark, nowMs, out verdict);
        FlowParser.ParseNetwork(frame.Slice(info.L3Offset, (int)info.L3Length), 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out _);
        return _director.Process(frame, info, v4, v6, mark, nowMs, out verdict);
    }

    /// <summary>True for TCP or UDP over IPv4 whose addresses and ports are those it came with.</summary>
    private static bool IsAsItCame(ReadOnlySpan<byte> frame, in PacketInfo info, in FlowKeyV4 key) =>
        (info.Flags & (PacketFlags.Transport | PacketFlags.Ipv4)) == (PacketFlags.Transport | PacketFlags.Ipv4) && info.Protocol is IpProtocol.Tcp or IpProtocol.Udp
        && BinaryPrimitives.ReadUInt64LittleEndian(frame[(info.L3Offset + 12)..]) == FlowKeyHash.Word(key, 0)
        && BinaryPrimitives.ReadUInt32LittleEndian(frame[info.L4Offset..]) == (uint)FlowKeyHash.Word(key, 1);

    /// <summary>False for a packet whose addresses are those it came with: of a known connection that only IPVS translates.</summary>
    private static bool MayBeTranslated(in PacketMeta meta) => meta.State != ConnectionStates.Established || (meta.Status & Translated) != 0;

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
