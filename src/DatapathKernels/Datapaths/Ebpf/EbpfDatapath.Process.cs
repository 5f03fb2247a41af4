using System.Runtime.CompilerServices;
using DatapathKernels.Conntrack;
using DatapathKernels.Datapaths.Policy;
using DatapathKernels.Maps;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <content>
/// The way of a packet: what left in the node's name gets its own again; the service's backend; the connection; policy; route; the
/// node's name for what came from outside.
/// </content>
public sealed unsafe partial class EbpfDatapath
{
    private const long SecondMs = 1000;

    /// <summary>
    /// What a connect() does with socket-level load balancing: the flow's destination becomes a backend of the service it names. Packets of
    /// such a flow need no translation in either direction.
    /// </summary>
    /// <param name="flow">The flow; IPv4 in the mapped form (<see cref="ConntrackTable.KeyOf"/>).</param>
    /// <param name="nowMs">The time.</param>
    /// <returns>False when it names no service, or one without backends.</returns>
    public bool TryConnect(ref FlowKeyV6 flow, long nowMs)
    {
        if (!TryFind(flow, out EbpfFrontend frontend) || !TryChoose(frontend.Inside ?? frontend, flow, Seconds(nowMs), out int backend))
            return false;
        flow = ConnectionKeys.WithDestination(flow, _backends[backend].Address, _backends[backend].PortBe);
        return true;
    }

    private protected override PacketFate Run(in PacketBurst burst, int index, in PacketInfo info, in FlowKeyV6 arrived, ushort inInterface, long nowMs)
    {
        Span<byte> frame = burst[index];
        uint now = Seconds(nowMs);
        if (!((info.Flags & PacketFlags.Ipv4) != 0 ? _options.HasV4 : _options.HasV6))
            return PacketFate.Drop(DropReason.UnknownFamily);
        if (IsError(frame, info))
            return RunError(burst, index, info, arrived, now);
        FlowKeyV6 key = arrived;
        ref EbpfHashes hashes = ref _hashes[index];
        if (_translations.Count > 0 && IsToNode(key) && TryRestoreDestination(frame, info, ref key))
            hashes = HashesOf(key);
        EbpfFrontend? frontend = null;
        if (hashes.Service >= 0)
        {
            frontend = _frontends[hashes.Service]!;
            if (!Network.IsOutside(inInterface))
                frontend = frontend.Inside ?? frontend;
            else if (frontend.IsClusterIP)
                return PacketFate.Drop(DropReason.OnlyFromInside);
            DropReason refused = Balance(frame, info, ref key, frontend, ref hashes, now);
            if (refused != DropReason.None)
                return refused == DropReason.NoBackend ? Unreachable(burst, index, info) : PacketFate.Drop(refused);
        }

        PacketFate fate = Follow(frame, info, key, frontend, hashes, now);
        return fate.Reason != DropReason.None ? fate : Send(burst, index, info, key, frontend, inInterface, now);
    }

    private bool IsToNode(in FlowKeyV6 key) => key.Destination == Network.AddressV4 || key.Destination == Network.AddressV6;

    private PacketFate Send(in PacketBurst burst, int index, in PacketInfo info, in FlowKeyV6 key, EbpfFrontend? frontend, ushort inInterface, uint now)
    {
        int hop = Network.Route(burst[index], info);
        if (hop < 0)
            return PacketFate.Drop(DropReason.NoRoute);
        RouteTargetKind kind = Network.HopOf(hop).Kind;
        if (kind != RouteTargetKind.Host && inInterface != FromHost && !TryForward(burst, index, info, hop, out PacketFate fate))
            return fate;

        // Answers must come back here: from a backend elsewhere to a client outside, and from a pod to itself.
        bool needsName = frontend is not null
            && ((frontend.IsExternal && kind is not (RouteTargetKind.Pod or RouteTargetKind.Host) && IsFromOutside(inInterface)) || key.Source == key.Destination);
        if (needsName && !TryTakeName(burst[index], info, key, now))
            return PacketFate.Drop(DropReason.PortsExhausted);
        return Emit(burst, index, key, hop);
    }

    /// <summary>Where interfaces are not told apart, all but the node itself is outside.</summary>
    private bool IsFromOutside(ushort inInterface) => Network.LinkInterface == 0 ? inInterface != FromHost : Network.IsOutside(inInterface);

    private DropReason Balance(Span<byte> frame, in PacketInfo info, ref FlowKeyV6 key, EbpfFrontend frontend, ref EbpfHashes hashes, uint now)
    {
        if (frontend.Ranges is RouteTableV6 ranges && !ranges.TryLookup(key.Source, out _))
            return DropReason.SourceRange;
        EbpfSegment segment = EbpfSegment.Of(frame, info);
        EbpfConnection* entry = Find(InScope(key, ServiceScope), hashes.Scoped, now);
        if (entry != null && (_backends[entry->Number - 1].Uses == 0 || (segment.IsOpening && !entry->IsAlive)))
            entry = null;
        bool isNew = entry == null;
        int backend = isNew ? 0 : entry->Number - 1;
        if (isNew && !TryChoose(frontend, key, now, out backend))
            return DropReason.NoBackend;
        EbpfConnection state = isNew ? new EbpfConnection(backend + 1) : *entry;
        state = state.AfterService(segment, _lifetimes, now);
        if (isNew)
            _connections.Update(InScope(key, ServiceScope), state);
        else
            *entry = state;
        if (IsTraced)
            TellBackend(backend, isNew);
        ref EbpfBackend to = ref _backends[backend];
        if (SetDestination(frame, info, to.Address, to.PortBe) != RewriteStatus.Ok)
            return DropReason.NotRewritten;
        key = ConnectionKeys.WithDestination(key, to.Address, to.PortBe);
        if (hashes.Backend != backend + 1)
            hashes.Forward = _connections.HashOf(key);
        return DropReason.None;
    }

    /// <summary>
    /// The packet's connection. An answer gets the name of the service that was asked; a new one is asked of the policy. What goes to a service is no answer.
    /// </summary>
    private PacketFate Follow(Span<byte> frame, in PacketInfo info, in FlowKeyV6 key, EbpfFrontend? frontend, in EbpfHashes hashes, uint now)
    {
        EbpfSegment segment = EbpfSegment.Of(frame, info);
        EbpfConnection* entry = null;
        if (frontend is null)
        {
            if (!ConnectionKeys.TryInvert(key, out FlowKeyV6 asked))
                return PacketFate.Drop(DropReason.Invalid);
            bool icmp = key.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6;
            entry = Find(asked, icmp ? _connections.HashOf(asked) : hashes.Answer, now);
        }

        if (entry != null)
        {
            *entry = entry->Undecided.AfterSide(segment, isReply: true, _lifetimes, now);
            if (IsTraced)
                Step("connection map", "an answer", CostClass.Lookup);
            return entry->Number == 0 || _frontends[entry->Number - 1] is not { } name || SetSource(frame, info, name.Key.Destination, name.Key.DestinationPortBe) == RewriteStatus.Ok
                ? default
                : PacketFate.Drop(DropReason.NotRewritten);
        }

        if (_policy is not null && Decide(key) is var decision and not PolicyDecision.Allowed)
        {
            if (IsTraced)
                TellDecision(decision);
            return PacketFate.Drop(DropReason.Policy);
        }

        entry = Find(key, hashes.Forward, now);
        bool isNew = entry == null || (segment.IsOpening && !entry->IsAlive);
        if (IsTraced)
            Step("connection map", isNew ? "new" : "known", CostClass.Lookup);
        EbpfConnection state = isNew ? new EbpfConnection(frontend is null ? 0 : frontend.Id + 1) : entry->Undecided;
        state = state.AfterSide(segment, isReply: false, _lifetimes, now);
        if (entry != null)
            *entry = state;
        else
            _connections.Update(key, state);
        return default;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TellBackend(int backend, bool isNew) => Step("service map", isNew ? $"backend {backend} chosen" : $"backend {backend}, as before", CostClass.Lookup);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TellDecision(PolicyDecision decision) => Step("policy map", $"{decision}", CostClass.Lookup);

    private PolicyDecision Decide(in FlowKeyV6 key) => ConnectionKeys.IsV4(key.Source)
        ? _policy!.Decide(new FlowKeyV4(WordOf(key.Source), WordOf(key.Destination), key.SourcePortBe, key.DestinationPortBe, key.Protocol))
        : _policy!.Decide(key);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private PacketFate Unreachable(in PacketBurst burst, int index, in PacketInfo info) => (info.Flags & PacketFlags.Ipv4) != 0
        ? AnswerError(burst, index, info, DropReason.NoBackend, 3, 3, 0)
        : AnswerError(burst, index, info, DropReason.NoBackend, 1, 4, 0);

    private static uint Seconds(long nowMs) => (uint)(nowMs / SecondMs);
}
