using System.Runtime.CompilerServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <content>
/// The usual packet, and all that is left of <see cref="TryRunPlain"/> for it: to a service, of a connection that is there and goes on as it was. What can be asked before its
/// turn is asked in the last stage, so that its turn asks few questions and holds little at a time.
/// </content>
public sealed unsafe partial class EbpfDatapath
{
    private const byte EndingFlags = (byte)(TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst);

    /// <summary>
    /// True for a packet that is usual as far as it can be told now: what it says of its connection, its frontend, its backend and the route there. Nothing of this changes in a
    /// burst but the entry's word, which is kept.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsUsual(ref PlainWay way, int index, ref EbpfFlight flight)
    {
        if (flight.Entry == null)
            return false;
        ref readonly FlowKeyV4 key = ref KeysV4[index];
        EbpfServiceFlags flags = flight.Service.Flags;
        ref EbpfBackend to = ref _backends[flight.Backend - 1];
        byte* frame = way.Frame(index);
        flight.Word = flight.Entry->Word;
        bool ends = key.Protocol == IpProtocol.Tcp && (frame[Infos[index].L4Offset + EbpfSegment.FlagsOffset] & EndingFlags) != 0;
        bool isOut = ((flags & EbpfServiceFlags.HasRanges) != 0) | (((flags & EbpfServiceFlags.ClusterIP) != 0) & way.IsOutside(index)) | (key.DestinationBe == way.Own);
        if (ends | isOut | (flight.Entry->ExpiresSeconds < way.Seconds) | !flight.Entry->IsAlive | (to.Uses == 0))
            return false;
        flight.Hop = HopTo(ref to);
        return CanGo(index, frame, flight.Hop) && !NeedsName(ref way, index, flight.Service, Own[index], flight.Hop);
    }

    /// <summary>Takes a usual packet through. False, and nothing is changed, when it is none by now.</summary>
    private bool TryRunUsual(ref PlainWay way, int index, out PacketFate fate)
    {
        Unsafe.SkipInit(out fate);
        ref EbpfFlight flight = ref Flights[index];
        EbpfConnection* own = _connections.Locate(Own[index], OwnHash[index], out nuint place);
        if (own == null || _connections.Insertions != _preparedAt || _connections.Hours != _marked || flight.Entry->Word != flight.Word)
            return false;
        uint now = way.Seconds;
        bool isTcp = Own[index].Protocol == IpProtocol.Tcp;
        if (own->ExpiresSeconds < now || !own->IsAlive || !(_policy is null || own->IsAllowedSince(isTcp, _lifetimes, _policySeconds)))
            return false;
        uint seen = EbpfConnection.SeenBits(isTcp);
        ulong expires = EbpfConnection.Expires(isTcp, _lifetimes, now);
        Continue(flight.Entry, flight.Place, EbpfConnection.Continued(flight.Word, seen, expires));
        Continue(own, place, EbpfConnection.Continued(own->Word, seen | (uint)EbpfConnectionFlags.Allowed, expires));
        byte* frame = way.Frame(index);
        ref readonly PacketInfo info = ref Infos[index];
        PlainRewriter.SetDestination(frame, info, Own[index].DestinationBe, Own[index].DestinationPortBe);
        PlainRewriter.LowerTimeToLive(frame, info);
        fate = EmitPlain(ref way, index, frame, Own[index], flight.Hop);
        return true;
    }

    /// <summary>An entry is written, and marked, when it changes: once a second.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Continue(EbpfConnection* entry, nuint place, EbpfConnection state)
    {
        if (entry->Word == state.Word)
            return;
        *entry = state;
        _connections.Use(place);
    }
}
