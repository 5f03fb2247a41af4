using System.Runtime.CompilerServices;
using DatapathKernels.Datapaths.Policy;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <content>A plain packet's turn: everything that could hold it up is asked before anything is changed.</content>
public sealed unsafe partial class EbpfDatapath
{
    // The connection map's insertions when the flights were found.
    private long _preparedAt;

    /// <summary>
    /// Takes a plain packet through, which changes connections and bytes as <see cref="Run"/> would. False, and nothing is changed, when it meets what is out of the
    /// ordinary, or is dropped, answered or kept by the node.
    /// </summary>
    private bool TryRunPlain(ref PlainWay way, int index, out PacketFate fate)
    {
        Unsafe.SkipInit(out fate);
        ref EbpfFlight flight = ref Flights[index];
        ref readonly FlowKeyV4 key = ref KeysV4[index];
        if (way.HasNames && key.DestinationBe == way.Own)
            return false;
        byte* frame = way.Frame(index);
        EbpfSegment segment = EbpfSegment.Of(frame + Infos[index].L4Offset, key.Protocol);
        if (_connections.Insertions != _preparedAt)
            flight.Entry = _connections.Locate(Asked[index], AskedHash[index], out flight.Place);
        bool goes = flight.Service.Exists
            ? TryAsk(ref way, index, frame, ref flight, segment, out int hop)
            : TryTell(ref way, index, frame, ref flight, segment, out hop);
        if (!goes)
            return false;
        PlainRewriter.LowerTimeToLive(frame, Infos[index]);
        fate = EmitPlain(ref way, index, frame, Own[index], hop);
        return true;
    }

    /// <summary>A packet to a service.</summary>
    private bool TryAsk(ref PlainWay way, int index, byte* frame, ref EbpfFlight flight, EbpfSegment segment, out int hop)
    {
        hop = -1;
        EbpfServiceEntry service = flight.Service;
        if ((service.Flags & EbpfServiceFlags.HasRanges) != 0 || ((service.Flags & EbpfServiceFlags.ClusterIP) != 0 && way.IsOutside(index)))
            return false;
        EbpfConnection* entry = flight.Entry;
        bool isNew = entry == null || entry->ExpiresSeconds < way.Seconds || _backends[entry->Number - 1].Uses == 0 || (segment.IsOpening && !entry->IsAlive);
        ulong draw = _draw;
        int backend = isNew ? DrawPlain(service, ref draw) : entry->Number;
        if (backend == 0)
            return false;
        if (flight.Backend != backend)
            PrepareOwn(index, backend);
        ref EbpfBackend to = ref _backends[backend - 1];
        hop = HopTo(ref to);
        EbpfConnection* own = _connections.Locate(Own[index], OwnHash[index], out nuint place);
        if (!CanGo(index, frame, hop) || NeedsName(ref way, index, service, Own[index], hop) || !IsAllowed(own, Own[index], segment))
            return false;
        _draw = draw;
        EbpfConnection state = (isNew ? new EbpfConnection(backend) : entry->Used).AfterService(segment, _lifetimes, way.Seconds);
        Keep(entry, flight.Place, Asked[index], AskedHash[index], state);
        if (entry == null)
            own = _connections.Locate(Own[index], OwnHash[index], out place);
        FollowOwn(own, place, index, segment, service.Number + 1, way.Seconds);
        PlainRewriter.SetDestination(frame, Infos[index], Own[index].DestinationBe, Own[index].DestinationPortBe);
        return true;
    }

    /// <summary>Any other packet: an answer, or one of a connection of its own.</summary>
    private bool TryTell(ref PlainWay way, int index, byte* frame, ref EbpfFlight flight, EbpfSegment segment, out int hop)
    {
        hop = Network.RouteV4(Own[index].DestinationBe);
        if (!CanGo(index, frame, hop))
            return false;
        EbpfConnection* entry = flight.Entry;
        if (entry == null || entry->ExpiresSeconds < way.Seconds)
        {
            EbpfConnection* own = _connections.Locate(Own[index], OwnHash[index], out nuint place);
            if (!IsAllowed(own, Own[index], segment))
                return false;
            if (entry != null)
                _connections.Use(flight.Place);
            FollowOwn(own, place, index, segment, 0, way.Seconds);
            return true;
        }

        // An answer does not ask the policy, and what it was asked before holds no longer than that.
        bool isDecided = entry->IsAllowedSince(segment.IsTcp, _lifetimes, _policySeconds);
        EbpfConnection state = (isDecided ? entry->Used : entry->Used.Undecided).AfterSide(segment, isReply: true, _lifetimes, way.Seconds);
        Keep(entry, flight.Place, Asked[index], AskedHash[index], state);
        if (state.Number != 0 && _frontends[state.Number - 1] is { } name)
            PlainRewriter.SetSource(frame, Infos[index], WordOf(name.Key.Destination), name.Key.DestinationPortBe);
        return true;
    }

    /// <summary>The packet's own connection, which may be new and is allowed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void FollowOwn(EbpfConnection* entry, nuint place, int index, EbpfSegment segment, int number, uint now)
    {
        bool isNew = entry == null || entry->ExpiresSeconds < now || (segment.IsOpening && !entry->IsAlive);
        EbpfConnection state = (isNew ? new EbpfConnection(number) : entry->Used).Allowed.AfterSide(segment, isReply: false, _lifetimes, now);
        Keep(entry, place, Own[index], OwnHash[index], state);
    }

    /// <summary>Writes an entry where it is, or puts it in. A line that would not change is not written: it need not go back to memory, and its mark need not be read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Keep(EbpfConnection* entry, nuint place, in FlowKeyV4 key, ulong hash, EbpfConnection state)
    {
        if (entry == null)
        {
            _connections.Add(key, hash, state);
            return;
        }

        if (entry->Word == state.Word && _connections.Hours == _marked)
            return;
        *entry = state;
        _connections.Use(place);
    }

    /// <summary>A drawn backend's number plus one; 0 when there is none, or it is not just drawn.</summary>
    private int DrawPlain(EbpfServiceEntry service, ref ulong draw) =>
        (service.Flags & EbpfServiceFlags.Chooses) != 0 || _slots.Count(service.FirstSlot) is not (> 0 and var count)
            ? 0
            : _slots.BackendAt(service.FirstSlot, (int)Draw(ref draw, (uint)count)) + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int HopTo(ref EbpfBackend to)
    {
        if (to.RoutedAt != Network.Version)
            (to.Hop, to.RoutedAt) = (Network.RouteV4(WordOf(to.Address)), Network.Version);
        return to.Hop;
    }

    /// <summary>True for one that goes in the node's name, or from a pod to itself.</summary>
    private bool NeedsName(ref PlainWay way, int index, EbpfServiceEntry service, in FlowKeyV4 key, int hop) =>
        key.SourceBe == key.DestinationBe
        || ((service.Flags & EbpfServiceFlags.External) != 0 && way.IsFromOutside(index) && Network.NextHopOf(hop).Kind != RouteTargetKind.Pod);

    /// <summary>What the policy decided about a connection holds until it changes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsAllowed(EbpfConnection* entry, in FlowKeyV4 key, EbpfSegment segment) => _policy is null
        || (entry != null && entry->IsAllowedSince(segment.IsTcp, _lifetimes, _policySeconds))
        || _policy.Decide(key) == PolicyDecision.Allowed;
}
