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

    private protected override void Prepare(ReadOnlySpan<PacketInfo> infos, ReadOnlySpan<FlowKeyV4> v4, ReadOnlySpan<FlowKeyV6> keys)
    {
        // What is hashed and found here is not again, unless the packet is another by then, or the map.
        for (int i = 0; i < infos.Length; i++)
            _hashes[i].Scoped = _services.Prepare(keys[i]);

        // A packet to a service has an entry of its own that says which backend; any other may be an answer.
        for (int i = 0; i < infos.Length; i++)
        {
            ref EbpfHashes hashes = ref _hashes[i];
            (hashes.Service, hashes.Backend) = (_services.Find(keys[i], hashes.Scoped), 0);
            if (hashes.Service >= 0)
                hashes.Scoped = _connections.Prepare(InScope(keys[i], ServiceScope));
            else
                (hashes.Answer, hashes.Forward) = (_connections.Prepare(FlowKeyV6.Reverse(keys[i])), _connections.Prepare(keys[i]));
        }

        for (int i = 0; i < infos.Length; i++)
        {
            ref EbpfHashes hashes = ref _hashes[i];
            if (hashes.Service < 0)
                continue;
            EbpfConnection* entry = _connections.Touch(InScope(keys[i], ServiceScope), hashes.Scoped);
            (hashes.Entry, hashes.FoundAt) = ((nint)entry, _connections.Insertions);
            if (entry == null)
                continue;
            ref EbpfBackend backend = ref _backends[entry->Number - 1];
            (hashes.Backend, hashes.Forward) = (entry->Number, _connections.Prepare(ConnectionKeys.WithDestination(keys[i], backend.Address, backend.PortBe)));
        }
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
        EbpfConnection* entry = EntryOf(key, hashes, now);
        if (entry != null && (_backends[entry->Number - 1].Uses == 0 || (IsOpening(frame, info) && !entry->IsAlive)))
            entry = null;
        bool isNew = entry == null;
        int backend = isNew ? 0 : entry->Number - 1;
        if (isNew && !TryChoose(frontend, key, now, out backend))
            return DropReason.NoBackend;
        EbpfConnection state = isNew ? new EbpfConnection { Number = backend + 1 } : *entry;
        FollowService(ref state, frame, info, now);
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

    /// <summary>A packet's entry with its frontend, unless its time is over.</summary>
    private EbpfConnection* EntryOf(in FlowKeyV6 key, in EbpfHashes hashes, uint now)
    {
        if (hashes.FoundAt != _connections.Insertions)
            return Find(InScope(key, ServiceScope), hashes.Scoped, now);
        EbpfConnection* entry = (EbpfConnection*)hashes.Entry;
        return entry != null && entry->ExpiresSeconds >= now ? entry : null;
    }

    /// <summary>
    /// The packet's connection. An answer gets the name of the service that was asked; a new one is asked of the policy. What goes to a service is no answer.
    /// </summary>
    private PacketFate Follow(Span<byte> frame, in PacketInfo info, in FlowKeyV6 key, EbpfFrontend? frontend, in EbpfHashes hashes, uint now)
    {
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
            FollowSide(ref *entry, frame, info, isReply: true, now);
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
        bool isNew = entry == null || (IsOpening(frame, info) && !entry->IsAlive);
        if (IsTraced)
            Step("connection map", isNew ? "new" : "known", CostClass.Lookup);
        EbpfConnection state = isNew ? new EbpfConnection { Number = frontend is null ? 0 : frontend.Id + 1 } : *entry;
        FollowSide(ref state, frame, info, isReply: false, now);
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
