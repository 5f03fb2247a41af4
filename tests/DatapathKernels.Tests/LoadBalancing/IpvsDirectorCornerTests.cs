using System.Buffers.Binary;
using System.Net;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>What the kernel does in the corners of IPVS: servers that come back, ports of persistent services, defences, forwarding.</summary>
public abstract class IpvsDirectorCornerTests(IpvsIndexKind index)
{
    private const byte Syn = 2, Ack = 16;
    private const string Client = "192.0.2.7", Vip = "10.96.0.10", Server1 = "10.0.1.1", Server2 = "10.0.1.2";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_server_that_comes_back_has_its_connections_again(bool persistent)
    {
        using IpvsDirector director = Director();
        IpvsService service = Service(80, IpProtocol.Tcp, Server(Server1, 8080));
        service.PersistenceSeconds = persistent ? 300 : 0;
        director.Add(service);
        Process(director, Tcp(1, 80, Syn), 0, out _);
        Process(director, Tcp(2, 80, Syn), 0, out _);
        service.Scheduler.Remove(0);
        Assert.Equal(IpvsStatus.ServerGone, Process(director, Tcp(1, 80, Ack), 1, out _));

        // Another port is another server.
        Assert.Equal(1, service.Scheduler.Add(Server(Server1, 8081)));
        Assert.Equal(IpvsStatus.ServerGone, Process(director, Tcp(1, 80, Ack), 1, out _));
        Assert.Equal(0, service.Scheduler.Add(Server(Server1, 8080)));
        Assert.Equal((2, 0, false), service.Scheduler.LoadOf(0));
        Assert.Equal(IpvsStatus.Forwarded, Process(director, Tcp(1, 80, Ack), 2, out IpvsVerdict verdict));
        Assert.Equal(0, verdict.Server);
        Process(director, Tcp(3, 80, Syn), 2, out verdict);
        Assert.Equal(persistent ? 0 : verdict.Server, verdict.Server);
        director.Expire(10_000_000, int.MaxValue);
        director.Expire(20_000_000, int.MaxValue);
        Assert.Equal((0, 0, false), service.Scheduler.LoadOf(0));
        Assert.Equal(0, director.Connections);
    }

    [Fact]
    public void A_removed_server_is_forgotten_with_its_last_connection()
    {
        using IpvsDirector director = Director();
        IpvsService service = Service(80, IpProtocol.Udp, Server(Server1, 8080));
        director.Add(service);
        Process(director, Udp(1, 80), 0, out _);
        service.Scheduler.Remove(0);
        Assert.Equal(1, director.Expire(1_000_000, int.MaxValue));
        Assert.Equal(1, service.Scheduler.Add(Server(Server1, 8080)));
    }

    [Fact]
    public void Without_its_server_a_connection_ends_and_its_packet_is_scheduled_when_asked_to()
    {
        using IpvsDirector director = Director(new IpvsOptions { ExpireWithoutServer = true });
        IpvsService service = Service(80, IpProtocol.Udp, Server(Server1, 8080), Server(Server2, 8080));
        director.Add(service);
        Process(director, Udp(1, 80), 0, out IpvsVerdict first);
        service.Scheduler.Remove(first.Server);
        Assert.Equal(IpvsStatus.Forwarded, Process(director, Udp(1, 80), 1, out IpvsVerdict second));
        Assert.True(second.IsNew);
        Assert.NotEqual(first.Server, second.Server);
        Assert.Equal(1, director.Connections);
    }

    [Theory]
    [InlineData(0, 7u, 300, 4242, 4242)]
    [InlineData(0, 7u, 0, 4242, 8080)]
    [InlineData(0, 0u, 300, 4242, 4242)]
    [InlineData(80, 0u, 300, 80, 8080)]
    [InlineData(21, 0u, 300, 4242, 4242)]
    [InlineData(21, 0u, 300, 21, 8080)]
    public void A_persistent_service_gives_the_servers_port_to_its_own_port_alone(int port, uint mark, int seconds, int sentTo, int expected)
    {
        using IpvsDirector director = Director();
        VirtualService scheduler = Scheduler(Server(Server1, 8080));
        IpvsService service = mark != 0 ? new(mark, false, scheduler) : new(IPAddress.Parse(Vip), (ushort)port, IpProtocol.Tcp, scheduler);
        service.PersistenceSeconds = seconds;
        director.Add(service);
        Assert.Equal(IpvsStatus.Forwarded, Process(director, Tcp(1, sentTo, Syn), 0, out IpvsVerdict verdict, mark));
        Assert.Equal(expected, BinaryPrimitives.ReverseEndianness(verdict.ServerPortBe));
    }

    [Fact]
    public void What_could_be_ftps_data_goes_on_where_ftps_service_does_not_take_it()
    {
        using IpvsDirector director = Director();
        IpvsService service = Service(21, IpProtocol.Tcp, Server(Server1, 21));
        director.Add(service);
        Assert.Equal(IpvsStatus.NotOurs, Process(director, Tcp(1, 5000, Syn), 0, out _));
        service.Scheduler.Edit(0, Server(Server1, 21) with { Weight = 0 });
        Assert.Equal(IpvsStatus.NoServer, Process(director, Tcp(1, 21, Syn), 0, out _));
        Assert.Equal(1, service.DroppedWithoutServer);
    }

    [Fact]
    public void One_packet_can_overload_a_server()
    {
        // 4 connections are below the limit of 5, and not below three quarters of it.
        using IpvsDirector director = Director();
        IpvsService service = Service(53, IpProtocol.Udp, Server(Server1, 53) with { UpperThreshold = 5 });
        director.Add(service);
        for (int port = 1; port <= 4; port++)
            Process(director, Udp(port, 53), 0, out _);
        service.IsOnePacket = true;
        Assert.Equal(IpvsStatus.Forwarded, Process(director, Udp(5, 53), 0, out _));
        Assert.Equal((0, 4, true), service.Scheduler.LoadOf(0));
        Assert.Equal(IpvsStatus.NoServer, Process(director, Udp(6, 53), 0, out _));
    }

    [Fact]
    public void Drop_entry_takes_templates_that_were_never_answered()
    {
        using IpvsDirector director = Director(new IpvsOptions { TableBits = 8, UdpTimeoutSeconds = 10 });
        IpvsService service = Service(53, IpProtocol.Udp, Server(Server1, 53));
        service.PersistenceSeconds = 1000;
        director.Add(service);
        for (int client = 1; client <= 200; client++)
        {
            string address = $"192.0.2.{client}";
            Process(director, TestPacket.Udp(address, Vip, 9, 53), 0, out _);
            if (client <= 50)
                Process(director, TestPacket.Udp(Server1, address, 53, 9), 0, out _);
        }

        director.Expire(20_000, int.MaxValue);
        Assert.Equal(200, director.Connections);
        for (int second = 0; second < 1000; second++)
            director.DropEntries(20_000);
        Assert.InRange(director.Connections, 50, 60);
    }

    [Fact]
    public void A_service_that_is_added_again_has_its_connections_again()
    {
        using IpvsDirector director = Director();
        IpvsService service = Service(80, IpProtocol.Tcp, Server(Server1, 8080));
        director.Add(service);
        Process(director, Tcp(1, 80, Syn), 0, out _);
        Process(director, Tcp(2, 80, Syn), 0, out _);
        director.Remove(service);
        Assert.Equal(IpvsStatus.ServerGone, Process(director, Tcp(1, 80, Ack), 1, out _));
        IpvsService other = Service(80, IpProtocol.Tcp, Server("10.0.9.9", 8080), Server(Server1, 8080));
        director.Add(other);
        Assert.Equal((0, 0, false), other.Scheduler.LoadOf(1));
        Assert.Equal(IpvsStatus.Forwarded, Process(director, Tcp(1, 80, Ack), 1, out IpvsVerdict verdict));
        Assert.Equal((other, 1, false), (verdict.Service, verdict.Server, verdict.IsNew));
        Assert.Equal((1, 0, false), other.Scheduler.LoadOf(1));

        // With its server gone from there too, or replaced, it is nobody's.
        other.Scheduler.Remove(1);
        Assert.Equal(IpvsStatus.ServerGone, Process(director, Tcp(1, 80, Ack), 2, out _));
        Assert.Equal(IpvsStatus.ServerGone, Process(director, Tcp(2, 80, Ack), 2, out _));
        director.Remove(other);
        Assert.Equal(2, director.Expire(2_000_000, int.MaxValue));
        director.Remove(AddAnother(director));
    }

    private static IpvsService AddAnother(IpvsDirector director)
    {
        IpvsService service = Service(81, IpProtocol.Tcp, Server(Server1, 8080));
        director.Add(service);
        return service;
    }

    [Fact]
    public void Marks_of_both_families_are_apart()
    {
        using IpvsDirector director = Director();
        IpvsService v4 = new(7, false, Scheduler(Server(Server1, 0))), v6 = new(7, true, Scheduler(Server("fd00:1::1", 0))) { PersistenceSeconds = 60, PersistencePrefix = 64 };
        director.Add(v4);
        director.Add(v6);
        Process(director, Tcp(1, 80, Syn), 0, out IpvsVerdict verdict, mark: 7);
        Assert.Same(v4, verdict.Service);
        Process(director, TestPacket.Tcp("2001:db8::7", "fd00::a", 1, 443, Syn), 0, out verdict, mark: 7);
        Assert.Same(v6, verdict.Service);
        Assert.Equal(3, director.Connections);
        Process(director, TestPacket.Tcp("2001:db8::8", "fd00::b", 1, 80, Syn), 0, out verdict, mark: 7);
        Assert.Equal(4, director.Connections);
    }

    [Fact]
    public void A_tunnel_over_ipv4_may_be_fragmented_when_ipv6_is_inside()
    {
        byte[] buffer = [.. new byte[IpvsForwarding.TunnelBytesV4], .. TestPacket.Tcp("2001:db8::7", "fd00::a", 1, 80, Syn).Bytes];
        byte[] address = new byte[16];
        IPAddress.Parse(Server1).TryWriteBytes(address, out _);
        Assert.True(IpvsForwarding.TryWriteTunnelV4(buffer, 0x0100000a, new IPv6Address(address)));
        Assert.Equal((0, 41), (buffer[6] & 0x40, buffer[9]));
    }

    private IpvsDirector Director(IpvsOptions? options = null) => new((options ?? new IpvsOptions()) with { Capacity = 4096, Index = index });

    private static RealServer Server(string address, ushort port) => new(IPAddress.Parse(address), port);

    private static VirtualService Scheduler(params RealServer[] servers)
    {
        VirtualService scheduler = new(SchedulerKind.RoundRobin);
        foreach (RealServer server in servers)
            scheduler.Add(server);
        return scheduler;
    }

    private static IpvsService Service(ushort port, IpProtocol protocol, params RealServer[] servers) => new(IPAddress.Parse(Vip), port, protocol, Scheduler(servers));

    private static TestPacket Tcp(int port, int destinationPort, byte flags) => TestPacket.Tcp(Client, Vip, port, destinationPort, flags);

    private static TestPacket Udp(int port, int destinationPort) => TestPacket.Udp(Client, Vip, port, destinationPort);

    private static IpvsStatus Process(IpvsDirector director, TestPacket packet, long nowMs, out IpvsVerdict verdict, uint mark = 0)
    {
        FlowParser.ParseNetwork(packet.Bytes, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        return director.Process(packet.Bytes, info, v4, v6, mark, nowMs, out verdict);
    }
}

public sealed class IpvsDirectorCornerKernelChainTests() : IpvsDirectorCornerTests(IpvsIndexKind.KernelChains);

public sealed class IpvsDirectorCornerFlowTableTests() : IpvsDirectorCornerTests(IpvsIndexKind.FlowTable);
