using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <content>How long a connection lives, and what its packets do to its state.</content>
public sealed partial class IpvsDirector
{
    /// <summary>The connection of a packet, unless its time is over.</summary>
    private IpvsFound FindLive(in IpvsTuple packet, long nowMs)
    {
        int id;
        bool isReply;
        while ((id = _index.Find(packet, out isReply)) != IpvsConnection.None && _store[id].ExpiresMs <= nowMs)
            TryEnd(id, nowMs);
        return IpvsFound.Of(id, isReply && id != IpvsConnection.None);
    }

    /// <summary>Ends a connection whose time is over. False for a template that still has connections: it stays a minute more, and from then on new ones give it no more than that.</summary>
    private bool TryEnd(int id, long nowMs)
    {
        ref IpvsConnection connection = ref _store[id];
        if (connection.Controlled > 0)
        {
            connection.TimeoutMs = ControlledTimeoutMs;
            connection.ExpiresMs = nowMs + ControlledTimeoutMs;
            return false;
        }

        Drop(id);
        return true;
    }

    /// <summary>Takes a connection out at once, whatever its time.</summary>
    private void Drop(int id)
    {
        ref IpvsConnection connection = ref _store[id];
        if (connection.Template != IpvsConnection.None)
            _store[connection.Template].Controlled--;
        if (connection.Has(IpvsConnectionFlags.Template))
            Orphan(id);
        VirtualService scheduler = _services[connection.Service]!.Scheduler;
        if (scheduler.Remembers(connection.Server))
            Unbind(connection, scheduler);
        _index.Remove(id);
    }

    private static void Unbind(in IpvsConnection connection, VirtualService scheduler)
    {
        if (connection.Has(IpvsConnectionFlags.Template))
            scheduler.Release(connection.Server);
        else
            scheduler.Unbind(connection.Server, active: !connection.Has(IpvsConnectionFlags.Inactive));
    }

    /// <summary>The connections of a template that goes live on without it. Only one whose server may not be used any more goes before them.</summary>
    private void Orphan(int template)
    {
        for (int id = 0; _store[template].Controlled > 0 && id < _store.HighMark; id++)
        {
            if (!_store[id].Has(IpvsConnectionFlags.Live) || _store[id].Template != template)
                continue;
            _store[id].Template = IpvsConnection.None;
            _store[id].Flags |= IpvsConnectionFlags.Orphaned;
            _store[template].Controlled--;
        }
    }

    /// <summary>A packet passed: state, counts at the server, and time.</summary>
    private void Advance(ref IpvsConnection connection, int id, ReadOnlySpan<byte> frame, in PacketInfo info, IpvsSide side, long nowMs)
    {
        bool fromServer = side == IpvsSide.Output;
        switch (connection.Protocol)
        {
            case IpProtocol.Tcp:
                AdvanceTcp(ref connection, (TcpFlags)frame[info.L4Offset + 13], side);
                break;
            case IpProtocol.Udp:
                connection.TimeoutMs = _udpTimeoutMs;
                Assure(connection, fromServer);
                break;
            default:
                AdvanceSctp(ref connection, frame.Slice(info.L4Offset, (int)info.L4Length), side);
                break;
        }

        _store.EndAt(id, nowMs + connection.TimeoutMs, nowMs);
    }

    private void AdvanceTcp(ref IpvsConnection connection, TcpFlags flags, IpvsSide side)
    {
        IpvsTcpState next = IpvsTcpTransitions.After(connection.State, flags, SideSeen(ref connection, side), _options.SecureTcp);
        if (next != connection.State)
            Recount(ref connection, IpvsTcpTransitions.IsActive(next));
        Assure(connection, next == IpvsTcpState.Established);
        connection.State = next;
        connection.TimeoutMs = _tcpTimeoutsMs[(int)next];
    }

    private void AdvanceSctp(ref IpvsConnection connection, ReadOnlySpan<byte> packet, IpvsSide side)
    {
        if (!IpvsSctpTransitions.TryChunkOf(packet, out SctpChunkType chunk))
            return;
        IpvsSctpState next = IpvsSctpTransitions.After(connection.SctpState, chunk, SideSeen(ref connection, side));
        if (next != connection.SctpState)
            Recount(ref connection, IpvsSctpTransitions.IsActive(next));
        Assure(connection, next == IpvsSctpState.Established);
        connection.SctpState = next;
        connection.TimeoutMs = (uint)IpvsSctpTransitions.TimeoutSeconds[(int)next] * 1000;
    }

    /// <summary>The side a packet's transition goes by: while none of the server's was seen, the client's are all there is.</summary>
    private static IpvsSide SideSeen(ref IpvsConnection connection, IpvsSide side)
    {
        if (!connection.Has(IpvsConnectionFlags.NoOutput))
            return side;
        if (side != IpvsSide.Output)
            return IpvsSide.InputOnly;
        connection.Flags &= ~IpvsConnectionFlags.NoOutput;
        return side;
    }

    private void Recount(ref IpvsConnection connection, bool active)
    {
        if (connection.Has(IpvsConnectionFlags.Inactive) != active)
            return;
        connection.Flags ^= IpvsConnectionFlags.Inactive;
        VirtualService scheduler = _services[connection.Service]!.Scheduler;
        if (!scheduler.Remembers(connection.Server))
            return;
        if (active)
            scheduler.Activate(connection.Server);
        else
            scheduler.Deactivate(connection.Server);
    }

    /// <summary>A template is worth keeping once one of its connections was answered.</summary>
    private void Assure(in IpvsConnection connection, bool answered)
    {
        if (answered && connection.Template != IpvsConnection.None)
            _store[connection.Template].Flags |= IpvsConnectionFlags.Assured;
    }

    /// <summary>A segment that opens a connection: a SYN, or SCTP's INIT.</summary>
    private static bool Opens(ReadOnlySpan<byte> frame, in PacketInfo info) => info.Protocol switch
    {
        IpProtocol.Tcp => (frame[info.L4Offset + 13] & (byte)TcpFlags.Syn) != 0,
        IpProtocol.Sctp => ChunkOf(frame, info) == SctpChunkType.Init,
        _ => false,
    };

    /// <summary>The first chunk of an SCTP packet; null for one without.</summary>
    private static SctpChunkType? ChunkOf(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        SctpPacket chunks = new(frame.Slice(info.L4Offset, (int)info.L4Length));
        return chunks.MoveNext() ? chunks.Type : null;
    }

    /// <summary>A client uses a port again whose connection is over: <c>is_new_conn_expected</c>.</summary>
    private bool IsReused(in IpvsConnection connection)
    {
        if (_options.ExpireWithoutServer && _services[connection.Service] is { } service && service.Scheduler.Has(connection.Server)
            && service.Scheduler.ServerOf(connection.Server).Weight == 0)
        {
            return true;
        }

        if (_options.ReuseMode == 0 || connection.Template != IpvsConnection.None || connection.Has(IpvsConnectionFlags.Orphaned))
            return false;
        if (connection.Protocol == IpProtocol.Sctp)
            return connection.SctpState == IpvsSctpState.Closed;
        return connection.State is IpvsTcpState.TimeWait or IpvsTcpState.Close
            || ((_options.ReuseMode & 2) != 0 && connection.State == IpvsTcpState.FinWait && connection.Has(IpvsConnectionFlags.NoOutput));
    }

    private bool ServerIsGone(int id)
    {
        ref IpvsConnection connection = ref _store[id];
        if (connection.SeenRemovals == _clock.Removals)
            return false;
        if (!_services[connection.Service]!.Scheduler.Has(connection.Server) && !TryAdopt(id))
            return true;
        connection.SeenRemovals = _clock.Removals;
        return false;
    }
}
