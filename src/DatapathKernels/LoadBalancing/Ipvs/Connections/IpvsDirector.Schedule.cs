using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <content>A packet without a connection: <c>ip_vs_schedule</c> and <c>ip_vs_sched_persist</c>.</content>
public sealed partial class IpvsDirector
{
    private const ushort FtpControl = 21, FtpData = 20;

    // Instead of a place: the connection of the datagram at hand, which is in no table.
    private const int OnePacket = -2;

    private IpvsConnection _onePacket;

    private static ushort Swap(ushort port) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(port) : port;

    /// <summary>The new connection, or none and the verdict's status set.</summary>
    private int TrySchedule(ReadOnlySpan<byte> frame, in PacketInfo info, in IpvsTuple packet, uint mark, long nowMs, ref IpvsVerdict verdict)
    {
        if (!MayOpen(frame, info) || _services.Find(packet, mark) is not { } service)
            return IpvsConnection.None;
        verdict.SetService(_services, service.Index);
        if (DropsPacket())
        {
            verdict.Status = IpvsStatus.Defence;
            return IpvsConnection.None;
        }

        if (Swap(packet.SourcePortBe) == FtpData)
            return IpvsConnection.None;
        if (service.PersistenceSeconds > 0)
            return SchedulePersistent(service, packet, nowMs, ref verdict);
        if (service.Mark == 0 && Swap(packet.DestinationPortBe) != service.Port)
            return NoServer(service, packet, ref verdict);
        int position = Choose(service, packet);
        return position < 0 ? NoServer(service, packet, ref verdict) : Open(service, packet, position, IpvsConnection.None, nowMs, ref verdict);
    }

    private bool MayOpen(ReadOnlySpan<byte> frame, in PacketInfo info)
    {
        if (info.Protocol != IpProtocol.Tcp)
            return info.Protocol != IpProtocol.Sctp || (_options.SloppySctp ? ChunkOf(frame, info) is not (null or SctpChunkType.Abort) : Opens(frame, info));
        TcpFlags flags = (TcpFlags)frame[info.L4Offset + 13];
        return (flags & TcpFlags.Rst) == 0 && (_options.SloppyTcp || (flags & TcpFlags.Syn) != 0);
    }

    /// <summary>Dropped; but what only came to FTP's service because it could be FTP's data goes on (<c>ip_vs_leave</c>).</summary>
    private static int NoServer(IpvsService service, in IpvsTuple packet, ref IpvsVerdict verdict)
    {
        if (service.Port == FtpControl && Swap(packet.DestinationPortBe) != FtpControl)
            return IpvsConnection.None;
        service.DroppedWithoutServer++;
        verdict.Status = IpvsStatus.NoServer;
        return IpvsConnection.None;
    }

    /// <summary>The position of the new connection's server in its service's list; negative for none.</summary>
    private int Choose(IpvsService service, in IpvsTuple packet)
    {
        SchedulingKey key = packet.IsV6 ? SchedulingKey.Of(packet.ToV6()) : SchedulingKey.Of(packet.ToV4());
        return service.Scheduler.ScheduleAt(key, service.Scheduler.Scheduler == SchedulerKind.PowerOfTwoChoices ? _random.Next() : 0);
    }

    private int Open(IpvsService service, in IpvsTuple packet, int position, int template, long nowMs, ref IpvsVerdict verdict)
    {
        bool isOnePacket = service.IsOnePacket && packet.Protocol == IpProtocol.Udp;
        int id = isOnePacket ? OnePacket : _store.Take();
        if (id == IpvsConnection.None)
        {
            DroppedFull++;
            verdict.Status = IpvsStatus.TableFull;
            return IpvsConnection.None;
        }

        verdict.IsNew = true;
        service.Scheduled++;
        if (isOnePacket)
        {
            OpenOnce(service, packet, position, template);
            return OnePacket;
        }

        ref IpvsConnection connection = ref _store[id];
        Fill(ref connection, service, packet, packet, position);
        connection.TimeoutMs = NewTimeoutMs;
        connection.SeenRemovals = _clock.Removals;
        connection.ExpiresMs = nowMs + NewTimeoutMs;
        if (template != IpvsConnection.None)
        {
            connection.Template = template;
            _store[template].Controlled++;
        }

        service.Scheduler.BindAt(position);
        _index.Insert(id);
        return id;
    }

    /// <summary>The connection of one datagram. It is bound for a moment, at which the server may become overloaded.</summary>
    private void OpenOnce(IpvsService service, in IpvsTuple packet, int position, int template)
    {
        _onePacket = default;
        Fill(ref _onePacket, service, packet, packet, position);
        service.Scheduler.BindAt(position);
        service.Scheduler.Unbind(_onePacket.Server, active: false);
        if (template != IpvsConnection.None)
            _store[template].InPackets++;
    }

    /// <summary>One-packet scheduling: the connection serves this datagram and was never in the table.</summary>
    private void ForwardOnce(Span<byte> frame, in PacketInfo info, ref IpvsVerdict verdict)
    {
        Tell(_onePacket, ref verdict);
        Send(_onePacket, frame, info, ref verdict);
    }

    private static void Fill(ref IpvsConnection connection, IpvsService service, in IpvsTuple request, in IpvsTuple packet, int position)
    {
        ref readonly ServerEntry real = ref service.Scheduler.Servers.EntryAt(position);
        connection.Flags |= IpvsConnectionFlags.Inactive;
        if (real.Forwarding != ForwardingMode.Nat)
            connection.Flags |= IpvsConnectionFlags.NoOutput;
        connection.SetRequest(request);
        connection.SetServer(real.Wire, real.IsV6, KeepsPort(service, real, packet) ? packet.DestinationPortBe : Swap(real.Port), real.Forwarding);
        connection.Service = service.Index;
        connection.Server = real.Id;
    }

    /// <summary>
    /// Not only where packets reach the server as they are: a persistent service gives its server's port to the packets of its own port alone, so those of a mark
    /// and of a service of any port keep theirs.
    /// </summary>
    private static bool KeepsPort(IpvsService service, in ServerEntry real, in IpvsTuple packet) =>
        real.Port == 0 || real.Forwarding != ForwardingMode.Nat || (service.PersistenceSeconds > 0 && Swap(packet.DestinationPortBe) != service.Port);

    /// <summary>The client's template says which server, and is made if there is none that still holds.</summary>
    private int SchedulePersistent(IpvsService service, in IpvsTuple packet, long nowMs, ref IpvsVerdict verdict)
    {
        IpvsTuple key = TemplateOf(service, packet);
        bool ofMark = service.Mark != 0;
        int template = _index.FindTemplate(key, ofMark);
        if (template != IpvsConnection.None && (_store[template].ExpiresMs <= nowMs && TryEnd(template, nowMs)))
            template = IpvsConnection.None;
        if (template != IpvsConnection.None && !Holds(template))
        {
            Orphan(template);
            Drop(template);
            template = IpvsConnection.None;
        }

        if (template == IpvsConnection.None)
        {
            int position = Choose(service, packet);
            if (position < 0)
                return NoServer(service, packet, ref verdict);
            template = _store.Take();
            if (template != IpvsConnection.None)
                FillTemplate(template, service, key, packet, position);
        }

        if (template == IpvsConnection.None)
        {
            DroppedFull++;
            verdict.Status = IpvsStatus.TableFull;
            return template;
        }

        _store.EndAt(template, nowMs + _store[template].TimeoutMs, nowMs);
        IpvsService owner = _services[_store[template].Service]!;
        return Open(owner, packet, owner.Scheduler.PositionOf(_store[template].Server), template, nowMs, ref verdict);
    }

    private void FillTemplate(int id, IpvsService service, in IpvsTuple key, in IpvsTuple packet, int position)
    {
        ref IpvsConnection template = ref _store[id];
        Fill(ref template, service, key, packet, position);
        template.Flags |= IpvsConnectionFlags.Template | (service.Mark != 0 ? IpvsConnectionFlags.OfMark : 0);
        template.Controlled = 0;
        template.TimeoutMs = (uint)service.PersistenceSeconds * 1000;
        service.Scheduler.Retain(template.Server);
        _index.Insert(id);
    }

    /// <summary>What a client's template is kept under: any port for FTP and for services of any port, any address and protocol for a mark.</summary>
    private static IpvsTuple TemplateOf(IpvsService service, in IpvsTuple packet)
    {
        IPv6Address client = service.ClientPrefix(packet.Source);
        if (service.Mark != 0)
            return new(client, IPv6Address.OfV4(service.Mark), 0, 0, 0, packet.IsV6);
        bool anyPort = service.Port == 0 || service.Port == FtpControl || Swap(packet.DestinationPortBe) != service.Port;
        return new(client, packet.Destination, 0, anyPort ? (ushort)0 : packet.DestinationPortBe, packet.Protocol, packet.IsV6);
    }

    /// <summary>The template's server is still there, and not drained when drained ones are refused.</summary>
    private bool Holds(int template)
    {
        TryAdopt(template);
        VirtualService scheduler = _services[_store[template].Service]!.Scheduler;
        int server = _store[template].Server;
        return scheduler.Has(server) && !(_options.ExpireQuiescentTemplate && scheduler.ServerOf(server).Weight == 0);
    }
}
