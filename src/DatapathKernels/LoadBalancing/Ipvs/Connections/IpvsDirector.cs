using System.Net;
using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// IPVS whole: virtual services, their connections, and what becomes of every packet, as Linux's <c>net/netfilter/ipvs</c>
/// does it where packets come in. TCP, UDP, SCTP and the ICMP errors about them, IPv4 and IPv6.
/// </summary>
/// <remarks>
/// <para>
/// A packet is looked up as a server's reply, then as a client's packet, then by its service; a SYN or the first datagram
/// is scheduled. Times are the caller's clock, milliseconds that never go back. One thread at a time; a packet allocates nothing.
/// </para>
/// <para>
/// Left out of the kernel's: FTP's helper, SIP's persistence, synchronisation between directors, statistics in time, GUE and GRE tunnels, the sysctls
/// <c>cache_bypass</c>, <c>nat_icmp_send</c> and <c>schedule_icmp</c> (off there too). Beside the kernel's connection table (<c>net.ipv4.vs.conntrack</c>) IPVS drops the first SYN of a
/// port that is used again, when that table knows the old connection still, and schedules the one that comes after; here it is scheduled at once.
/// </para>
/// </remarks>
public sealed partial class IpvsDirector : IDisposable
{
    private const uint NewTimeoutMs = 3_000, ControlledTimeoutMs = 60_000;
    private const int MostSeconds = 2_000_000;

    private readonly IpvsOptions _options;
    private readonly IpvsConnectionStore _store;
    private readonly IpvsConnectionIndex _index;
    private readonly IpvsServiceTable _services = new();
    private readonly uint[] _tcpTimeoutsMs = new uint[IpvsTcpTransitions.TimeoutSeconds.Length];
    private readonly uint _udpTimeoutMs;
    private readonly RemovalClock _clock = new();
    private SplitMix _random;
    private bool _isDisposed;

    /// <summary>Makes a director without services.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option out of its range.</exception>
    public IpvsDirector(IpvsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.TableBits is < 8 or > 27)
            Throw.OutOfRange(nameof(options), options.TableBits, "conn_tab_bits is 8 to 27");
        Check(options.TcpTimeoutSeconds, options.TcpFinTimeoutSeconds, options.UdpTimeoutSeconds);
        _options = options;
        _udpTimeoutMs = (uint)options.UdpTimeoutSeconds * 1000;
        for (int state = 0; state < _tcpTimeoutsMs.Length; state++)
            _tcpTimeoutsMs[state] = (uint)IpvsTcpTransitions.TimeoutSeconds[state] * 1000;
        _tcpTimeoutsMs[(int)IpvsTcpState.Established] = (uint)options.TcpTimeoutSeconds * 1000;
        _tcpTimeoutsMs[(int)IpvsTcpState.FinWait] = (uint)options.TcpFinTimeoutSeconds * 1000;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Capacity);
        _index = options.Index == IpvsIndexKind.KernelChains
            ? new KernelChainIndex(options.Capacity, options.TableBits, options.Seed)
            : new FlowTableIndex(options.Capacity, options.Seed);
        _store = _index.Store;
        _random = new SplitMix(options.Seed);
    }

    /// <summary>Connections held now, templates included.</summary>
    public int Connections => _store.Count;

    /// <summary>Memory of connections and their index, bytes.</summary>
    public long MemoryBytes => _store.MemoryBytes + _index.MemoryBytes;

    /// <summary>The services, in the order of adding.</summary>
    public IEnumerable<IpvsService> Services => _services.All;

    /// <summary>Packets dropped because the table had no room.</summary>
    public long DroppedFull { get; private set; }

    /// <summary>Adds a service. Its servers are added to, edited in and removed from its scheduler, while packets flow.</summary>
    /// <exception cref="ArgumentException">There is one like it already.</exception>
    public void Add(IpvsService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        _services.Add(service);
        service.Scheduler.Clock = _clock;
    }

    /// <summary>The service a packet to this address would find; null for none.</summary>
    public IpvsService? Find(IPAddress address, ushort port, IpProtocol protocol, uint mark = 0)
    {
        ArgumentNullException.ThrowIfNull(address);
        ushort portBe = (ushort)IPAddress.HostToNetworkOrder((short)port);
        return _services.Find(new IpvsTuple(default, IpvsService.WireOf(address), 0, portBe, protocol, address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6), mark);
    }

    /// <summary>Takes one packet where it comes in, and writes NAT into it.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="v4">Its key when it is IPv4.</param>
    /// <param name="v6">Its key when it is IPv6.</param>
    /// <param name="mark">Its firewall mark.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="verdict">What became of it.</param>
    /// <returns>The verdict's status.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public IpvsStatus Process(Span<byte> frame, in PacketInfo info, in FlowKeyV4 v4, in FlowKeyV6 v6, uint mark, long nowMs, out IpvsVerdict verdict)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        verdict = new IpvsVerdict { Server = VirtualService.NoServer };
        if (!info.HasKey || (info.Flags & PacketFlags.Transport) == 0)
            return verdict.Status;
        switch (info.Protocol)
        {
            case IpProtocol.Icmp or IpProtocol.IcmpV6:
                ProcessError(frame, info, nowMs, ref verdict);
                break;
            case IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp:
                IpvsTuple packet = IpvsTuple.Of(info, v4, v6);
                ProcessPacket(frame, info, packet, FindLive(packet, nowMs), mark, nowMs, ref verdict);
                break;
        }

        return verdict.Status;
    }

    /// <summary>
    /// Ends connections whose time is over, looking at no more than <paramref name="budget"/>. A packet never meets an ended connection, whether this
    /// has been called or not: it only gives the room back.
    /// </summary>
    /// <returns>How many ended.</returns>
    public int Expire(long nowMs, int budget = 256)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        int ended = 0;
        for (int id; (id = _store.NextExpired(nowMs, ref budget)) != IpvsConnection.None;)
        {
            if (_store.Upcoming is var upcoming && upcoming != IpvsConnection.None)
                _index.PrefetchRemoval(upcoming);
            ended += TryEnd(id, nowMs) ? 1 : 0;
        }

        return ended;
    }

    /// <summary>Gives the memory back; every later packet is an <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _index.Dispose();
        _services.Dispose();
        _isDisposed = true;
    }

    private static void Check(params ReadOnlySpan<int> seconds)
    {
        foreach (int timeout in seconds)
        {
            if (timeout is < 1 or > MostSeconds)
                Throw.OutOfRange(nameof(seconds), timeout, $"a timeout is 1 to {MostSeconds} seconds");
        }
    }

    private void ProcessPacket(Span<byte> frame, in PacketInfo info, in IpvsTuple packet, IpvsFound found, uint mark, long nowMs, ref IpvsVerdict verdict)
    {
        int id = found.Id;
        if (found.IsReply)
        {
            Reply(frame, info, id, nowMs, ref verdict);
            return;
        }

        if (id != IpvsConnection.None && Opens(frame, info) && IsReused(_store[id]))
        {
            Drop(id);
            id = IpvsConnection.None;
        }

        if (id != IpvsConnection.None && ServerIsGone(id))
        {
            if (!_options.ExpireWithoutServer)
            {
                Tell(_store[id], ref verdict);
                verdict.Status = IpvsStatus.ServerGone;
                return;
            }

            Drop(id);
            id = IpvsConnection.None;
        }

        if (id == IpvsConnection.None)
            id = TrySchedule(frame, info, packet, mark, nowMs, ref verdict);
        if (id >= 0)
            Forward(frame, info, id, nowMs, ref verdict);
        else if (id == OnePacket)
            ForwardOnce(frame, info, ref verdict);
    }

    private void Forward(Span<byte> frame, in PacketInfo info, int id, long nowMs, ref IpvsVerdict verdict)
    {
        ref IpvsConnection connection = ref _store[id];
        connection.InPackets++;
        Advance(ref connection, id, frame, info, IpvsSide.Input, nowMs);
        Tell(connection, ref verdict);
        Send(connection, frame, info, ref verdict);
    }

    private static void Send(in IpvsConnection connection, Span<byte> frame, in PacketInfo info, ref IpvsVerdict verdict)
    {
        verdict.NextHop = connection.Real;
        verdict.Status = connection.Forwarding != ForwardingMode.Nat || Rewrite(frame, info, connection.Real, connection.RealPortBe, destination: true)
            ? IpvsStatus.Forwarded : IpvsStatus.NotRewritten;
    }

    private void Reply(Span<byte> frame, in PacketInfo info, int id, long nowMs, ref IpvsVerdict verdict)
    {
        ref IpvsConnection connection = ref _store[id];
        Advance(ref connection, id, frame, info, IpvsSide.Output, nowMs);
        Tell(connection, ref verdict);
        verdict.NextHop = connection.Client;
        verdict.Status = connection.Forwarding != ForwardingMode.Nat || Rewrite(frame, info, connection.Virtual, connection.VirtualPortBe, destination: false)
            ? IpvsStatus.Replied : IpvsStatus.NotRewritten;
    }

    private void Tell(in IpvsConnection connection, ref IpvsVerdict verdict)
    {
        verdict.Forwarding = connection.Forwarding;
        verdict.Server = connection.Server;
        verdict.ServerPortBe = connection.RealPortBe;
        verdict.SetService(_services, connection.Service);
    }

    private static bool Rewrite(Span<byte> frame, in PacketInfo info, in IPv6Address address, ushort portBe, bool destination)
    {
        RewriteStatus status = (info.Flags & PacketFlags.Ipv4) != 0
            ? destination
                ? AddressRewriter.SetDestination(frame, info, IPv6Address.FirstWord(address), portBe)
                : AddressRewriter.SetSource(frame, info, IPv6Address.FirstWord(address), portBe)
            : destination
                ? AddressRewriter.SetDestination(frame, info, address, portBe)
                : AddressRewriter.SetSource(frame, info, address, portBe);
        return status != RewriteStatus.NotWhole;
    }
}
