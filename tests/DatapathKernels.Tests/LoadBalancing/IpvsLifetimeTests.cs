using System.Net;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>How long templates and connections live in the kernel's less obvious cases.</summary>
public class IpvsLifetimeTests
{
    private const byte Syn = 2, Ack = 16, Rst = 4;
    private const string Client = "192.0.2.7", Vip = "10.96.0.10", Server1 = "10.0.1.1", Server2 = "10.0.1.2";

    /// <summary><c>ip_vs_conn_expire</c> gives a template that controls connections a minute, and leaves it at that.</summary>
    [Fact]
    public void A_template_kept_by_its_connections_lasts_a_minute_from_then_on()
    {
        using IpvsDirector director = new(new IpvsOptions());
        IpvsService service = Service(IpProtocol.Tcp, 80, Server1);
        service.PersistenceSeconds = 300;
        director.Add(service);
        Process(director, Tcp(1, Syn), 0);
        Process(director, Tcp(1, Ack), 0);
        Assert.Equal(0, director.Expire(301_000, 1000));

        // The connection ends, another one of this client comes: its template has a minute now, not five.
        Process(director, Tcp(1, Rst), 302_000);
        foreach (byte flags in new[] { Syn, Ack, Rst })
            Process(director, Tcp(2, flags), 303_000);
        director.Expire(320_000, 1000);
        Assert.Equal(1, director.Connections);
        director.Expire(365_000, 1000);
        Assert.Equal(0, director.Connections);
    }

    [Fact]
    public void A_connection_that_is_closed_counts_no_longer_than_it_should()
    {
        using IpvsDirector director = new(new IpvsOptions());
        IpvsService service = Service(IpProtocol.Tcp, 80, Server1);
        director.Add(service);
        Process(director, Tcp(1, Syn), 0);
        Process(director, Tcp(1, Ack), 0);
        for (long now = 0; now < 100_000; now += 1000)
            director.Expire(now);
        Process(director, Tcp(1, Rst), 100_000);
        Assert.Equal((0, 1, false), service.Scheduler.LoadOf(0));
        Assert.Equal(0, director.Expire(110_000));
        Assert.Equal(1, director.Expire(111_000));
        Assert.Equal((0, 0, false), service.Scheduler.LoadOf(0));
    }

    /// <summary>A connection that had a template keeps its server for a SYN after its end, though the template may not be used any more.</summary>
    [Fact]
    public void An_orphaned_connection_is_not_scheduled_again()
    {
        using IpvsDirector director = new(new IpvsOptions { ExpireQuiescentTemplate = true });
        IpvsService service = Service(IpProtocol.Tcp, 80, Server1, Server2);
        service.PersistenceSeconds = 300;
        director.Add(service);
        int first = Process(director, Tcp(1, Syn), 0).Server;
        Process(director, Tcp(1, Rst), 0);
        service.Scheduler.Edit(first, service.Scheduler.ServerOf(first) with { Weight = 0 });
        Assert.NotEqual(first, Process(director, Tcp(2, Syn), 1).Server);
        IpvsVerdict again = Process(director, Tcp(1, Syn), 2);
        Assert.Equal((first, false), (again.Server, again.IsNew));
    }

    [Fact]
    public void A_datagram_scheduled_by_itself_needs_no_room()
    {
        using IpvsDirector director = new(new IpvsOptions { Capacity = 1 });
        IpvsService service = Service(IpProtocol.Udp, 53, Server1);
        service.IsOnePacket = true;
        director.Add(service);
        director.Add(Service(IpProtocol.Tcp, 80, Server1));
        Process(director, Tcp(1, Syn), 0);
        Assert.Equal(IpvsStatus.TableFull, Process(director, Tcp(2, Syn), 0).Status);
        Assert.Equal(IpvsStatus.Forwarded, Process(director, TestPacket.Udp(Client, Vip, 1, 53), 0).Status);
        Assert.Equal(1, director.DroppedFull);
    }

    [Fact]
    public void Persistence_lasts_up_to_31_days()
    {
        const int most = 31 * 24 * 60 * 60;
        using IpvsDirector director = new(new IpvsOptions());
        IpvsService service = Service(IpProtocol.Tcp, 80, Server1);
        service.PersistenceSeconds = most;
        director.Add(service);
        Process(director, Tcp(1, Syn), 0);
        director.Expire(1_000_000_000, int.MaxValue);
        Assert.Equal(1, director.Connections);
        director.Expire((most * 1000L) + 2000, int.MaxValue);
        Assert.Equal(0, director.Connections);
        Assert.Throws<ArgumentOutOfRangeException>(() => service.PersistenceSeconds = most + 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => service.PersistenceSeconds = -1);
        Assert.Throws<ArgumentOutOfRangeException>(() => service.PersistencePrefix = 129);
        Assert.Throws<ArgumentOutOfRangeException>(() => service.PersistencePrefix = -1);
    }

    /// <summary>FTP's service and that of any port share their clients' templates: the key has no port for either.</summary>
    [Fact]
    public void A_template_of_another_service_decides_too()
    {
        using IpvsDirector director = new(new IpvsOptions());
        IpvsService ftp = Service(IpProtocol.Tcp, 21, Server1), any = Service(IpProtocol.Tcp, 0, Server2, "10.0.1.3");
        (ftp.PersistenceSeconds, any.PersistenceSeconds) = (300, 300);
        director.Add(any);
        director.Add(ftp);
        IpvsVerdict verdict = Process(director, Tcp(1, Syn, 80), 0);
        Assert.Equal((any, 1), (verdict.Service, verdict.Server));
        Assert.Equal("10.0.1.3", new IPAddress(BitConverter.GetBytes(IPv6Address.FirstWord(verdict.NextHop))).ToString());
        verdict = Process(director, Tcp(2, Syn, 21), 0);
        Assert.Equal("10.0.1.3", new IPAddress(BitConverter.GetBytes(IPv6Address.FirstWord(verdict.NextHop))).ToString());
    }

    [Theory]
    [InlineData(false, 1, true)]
    [InlineData(false, 3, false)]
    [InlineData(true, 3, true)]
    [InlineData(true, 6, false)]
    public void Sloppy_sctp_takes_any_packet_but_an_abort(bool sloppy, byte chunk, bool opens)
    {
        using IpvsDirector director = new(new IpvsOptions { SloppySctp = sloppy });
        director.Add(Service(IpProtocol.Sctp, 80, Server1));
        TestPacket packet = TestPacket.Sctp(Client, Vip, 1, 80);
        packet.Bytes[20 + 12] = chunk;
        Assert.Equal(opens ? IpvsStatus.Forwarded : IpvsStatus.NotOurs, Process(director, packet, 0).Status);
    }

    private static IpvsService Service(IpProtocol protocol, ushort port, params string[] servers)
    {
        VirtualService scheduler = new(SchedulerKind.RoundRobin);
        foreach (string server in servers)
            scheduler.Add(new RealServer(IPAddress.Parse(server), port));
        return new(IPAddress.Parse(Vip), port, protocol, scheduler);
    }

    private static TestPacket Tcp(int port, byte flags, int to = 80) => TestPacket.Tcp(Client, Vip, port, to, flags);

    private static IpvsVerdict Process(IpvsDirector director, TestPacket packet, long nowMs)
    {
        FlowParser.ParseNetwork(packet.Bytes, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        director.Process(packet.Bytes, info, v4, v6, 0, nowMs, out IpvsVerdict verdict);
        return verdict;
    }
}
