using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <content>
/// The usual packet that opens a connection, and all that is left of the long way for it: a SYN or a datagram over IPv4, whole, to a service at its own address and port that
/// remembers no clients. Its service was found while the burst was begun. What it leaves behind is what the long way would.
/// </content>
public sealed partial class IpvsDirector
{
    /// <summary>Opens a connection for a packet that has none. False, and nothing is done, for a packet that is not usual.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    [SkipLocalsInit]
    private bool TryOpen(FlowTableIndex index, int packet, Span<byte> frame, in PacketInfo info, in FlowKeyV4 key, long nowMs, ref IpvsVerdict verdict)
    {
        const PacketFlags asked = PacketFlags.Transport | PacketFlags.Ipv4 | PacketFlags.Fragment;
        bool isTcp = info.Protocol == IpProtocol.Tcp;
        if ((info.Flags & asked) != (PacketFlags.Transport | PacketFlags.Ipv4) || info.Status != ParseStatus.Ok
            || info.L4Offset < info.L3Offset + HeaderV4 || info.L4Offset + (isTcp ? TcpHeader : UdpHeader) > frame.Length
            || (isTcp ? (frame[info.L4Offset + TcpFlagsAt] & (byte)(TcpFlags.Syn | TcpFlags.Rst)) != (byte)TcpFlags.Syn : info.Protocol != IpProtocol.Udp))
        {
            return false;
        }

        IpvsService service = _services[_serviceGuesses[packet]]!;
        if (service.PersistenceSeconds > 0 || (service.IsOnePacket && !isTcp) || _dropRate != 0 || _store.IsFull || Swap(key.SourcePortBe) == FtpData)
            return false;
        VirtualService scheduler = service.Scheduler;
        int position = scheduler.ScheduleAt(SchedulingKey.Of(key), scheduler.Scheduler == SchedulerKind.PowerOfTwoChoices ? _random.Next() : 0);
        if (position < 0)
        {
            verdict = new IpvsVerdict { Server = VirtualService.NoServer };
            verdict.SetService(_services, service.Index);
            NoServer(service, IpvsTuple.Of(key), ref verdict);
            return true;
        }

        int id = _store.Take();
        ref IpvsConnection connection = ref _store[id];
        Describe(ref connection, service, key, scheduler.Servers.EntryAt(position));
        bool active = isTcp && Establish(ref connection, (TcpFlags)frame[info.L4Offset + TcpFlagsAt]);
        if (!isTcp)
            connection.TimeoutMs = _udpTimeoutMs;
        if (active)
            scheduler.BindActiveAt(position);
        else
            scheduler.BindAt(position);
        service.Scheduled++;
        _store.EndAt(id, nowMs + connection.TimeoutMs, nowMs);
        index.InsertFor(packet, id);

        verdict.Status = IpvsStatus.Forwarded;
        verdict.IsNew = true;
        verdict.NextHop = connection.Real;
        Tell(connection, ref verdict);
        // SAFE: both headers are in the frame
        if (connection.Forwarding == ForwardingMode.Nat)
            Translate(connection, ref Unsafe.Add(ref MemoryMarshal.GetReference(frame), info.L3Offset), ref Unsafe.Add(ref MemoryMarshal.GetReference(frame), info.L4Offset), isTcp);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Describe(ref IpvsConnection connection, IpvsService service, in FlowKeyV4 key, in ServerEntry real)
    {
        connection.Flags |= real.Forwarding != ForwardingMode.Nat ? IpvsConnectionFlags.Inactive | IpvsConnectionFlags.NoOutput : IpvsConnectionFlags.Inactive;
        connection.SetRequest(key);
        bool keepsPort = real.Port == 0 || real.Forwarding != ForwardingMode.Nat;
        connection.SetServer(real.Wire, real.IsV6, keepsPort ? key.DestinationPortBe : Swap(real.Port), real.Forwarding);
        (connection.Service, connection.Server) = (service.Index, real.Id);
        (connection.SeenRemovals, connection.InPackets) = (_clock.Removals, 1);
    }

    /// <summary>The state after the first segment. True when the connection counts as active in it.</summary>
    private bool Establish(ref IpvsConnection connection, TcpFlags flags)
    {
        IpvsSide side = connection.Has(IpvsConnectionFlags.NoOutput) ? IpvsSide.InputOnly : IpvsSide.Input;
        connection.State = IpvsTcpTransitions.After(IpvsTcpState.None, flags, side, _options.SecureTcp);
        connection.TimeoutMs = _tcpTimeoutsMs[(int)connection.State];
        if (!IpvsTcpTransitions.IsActive(connection.State))
            return false;
        connection.Flags &= ~IpvsConnectionFlags.Inactive;
        return true;
    }
}
