using System.Buffers.Binary;
using System.Net;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>What IPVS does to packets, by both of its connection indexes.</summary>
public abstract class IpvsDirectorTests(IpvsIndexKind index)
{
    private const byte Syn = 2, Ack = 16, Fin = 17, Rst = 4;
    private const string Client = "192.0.2.7", Vip = "10.96.0.10", Server1 = "10.0.1.1", Server2 = "10.0.1.2";

    [Theory]
    [InlineData("192.0.2.7", "10.96.0.10", "10.0.1.1", "tcp")]
    [InlineData("192.0.2.7", "10.96.0.10", "10.0.1.1", "udp")]
    [InlineData("192.0.2.7", "10.96.0.10", "10.0.1.1", "sctp")]
    [InlineData("2001:db8::7", "fd00:10:96::a", "fd00:1::1", "tcp")]
    [InlineData("2001:db8::7", "fd00:10:96::a", "fd00:1::1", "udp")]
    public void Nat_rewrites_both_ways(string client, string vip, string server, string protocol)
    {
        using IpvsDirector director = Director();
        IpvsService service = Service(vip, Enum.Parse<IpProtocol>(protocol, ignoreCase: true), new RealServer(IPAddress.Parse(server), 8080));
        director.Add(service);
        TestPacket request = Packet(protocol, client, vip, 40000, 80, Syn), second = Packet(protocol, client, vip, 40000, 80, Ack);
        if (protocol == "sctp")
            request.Bytes[20 + 12] = 1;
        Assert.Equal(IpvsStatus.Forwarded, Process(director, request, 0, out IpvsVerdict verdict));
        Assert.True(verdict.IsNew);
        Assert.Equal((ForwardingMode.Nat, 0, service), (verdict.Forwarding, verdict.Server, verdict.Service));
        AssertAddresses(request, client, 40000, server, 8080);

        TestPacket reply = Packet(protocol, server, client, 8080, 40000, 18);
        Assert.Equal(IpvsStatus.Replied, Process(director, reply, 1, out _));
        AssertAddresses(reply, vip, 80, client, 40000);

        Assert.Equal(IpvsStatus.Forwarded, Process(director, second, 2, out verdict));
        Assert.False(verdict.IsNew);
        AssertAddresses(second, client, 40000, server, 8080);
        Assert.Equal(1, director.Connections);
    }

    [Fact]
    public void Direct_routing_and_tunnels_leave_the_packet()
    {
        using IpvsDirector director = Director();
        IpvsService service = Service(Vip, IpProtocol.Tcp,
            new RealServer(IPAddress.Parse(Server1), 80, Forwarding: ForwardingMode.Tunnel), new RealServer(IPAddress.Parse(Server2), 80, Forwarding: ForwardingMode.DirectRouting));
        director.Add(service);
        foreach ((int port, ForwardingMode mode) in new[] { (1, ForwardingMode.DirectRouting), (2, ForwardingMode.Tunnel) })
        {
            TestPacket packet = Packet("tcp", Client, Vip, port, 80, Syn), before = packet.Copy();
            Assert.Equal(IpvsStatus.Forwarded, Process(director, packet, 0, out IpvsVerdict verdict));
            Assert.Equal(mode, verdict.Forwarding);
            Assert.Equal(before.Bytes, packet.Bytes);
        }

        // Replies go past this node: a FIN from the client alone leads to FIN_WAIT, and 120 s later to the end.
        Process(director, Packet("tcp", Client, Vip, 1, 80, Ack), 0, out _);
        Process(director, Packet("tcp", Client, Vip, 1, 80, Fin), 0, out _);
        Assert.Equal((1, 1), (service.Scheduler.LoadOf(0).Active + service.Scheduler.LoadOf(1).Active, service.Scheduler.LoadOf(0).Inactive + service.Scheduler.LoadOf(1).Inactive));
        Assert.Equal(0, director.Expire(59_000));
        Assert.Equal(2, director.Expire(125_000));
    }

    [Fact]
    public void What_is_not_a_services_goes_on_untouched()
    {
        using IpvsDirector director = Director();
        director.Add(Service(Vip, IpProtocol.Tcp, new RealServer(IPAddress.Parse(Server1), 8080)));
        TestPacket[] packets =
        [
            Packet("udp", Client, Vip, 1, 80, 0), Packet("tcp", Client, Vip, 1, 81, Syn), Packet("tcp", Client, "10.96.0.11", 1, 80, Syn),
            Packet("tcp", Client, Vip, 1, 80, Ack), Packet("tcp", Client, Vip, 1, 80, Rst | Syn), TestPacket.Icmp(Client, Vip, 8),
            Packet("tcp", Client, Vip, 1, 80, Syn).AsLaterFragment(), Packet("tcp", Client, Vip, 20, 80, Syn),
        ];
        foreach (TestPacket packet in packets)
        {
            TestPacket before = packet.Copy();
            Assert.Equal(IpvsStatus.NotOurs, Process(director, packet, 0, out _));
            Assert.Equal(before.Bytes, packet.Bytes);
        }

        Assert.Equal(0, director.Connections);
    }

    [Fact]
    public void Without_a_usable_server_the_drop_is_counted()
    {
        using IpvsDirector director = Director();
        IpvsService service = Service(Vip, IpProtocol.Tcp, new RealServer(IPAddress.Parse(Server1), 8080, Weight: 0));
        director.Add(service);
        Assert.Equal(IpvsStatus.NoServer, Process(director, Packet("tcp", Client, Vip, 1, 80, Syn), 0, out _));
        Assert.Equal((1, 0, 0), (service.DroppedWithoutServer, service.Scheduled, director.Connections));
    }

    [Fact]
    public void Connections_of_what_was_removed_are_dropped()
    {
        using IpvsDirector director = Director();
        IpvsService service = Service(Vip, IpProtocol.Tcp, new RealServer(IPAddress.Parse(Server1), 8080));
        director.Add(service);
        Process(director, Packet("tcp", Client, Vip, 1, 80, Syn), 0, out _);
        service.Scheduler.Remove(0);
        Assert.Equal(IpvsStatus.ServerGone, Process(director, Packet("tcp", Client, Vip, 1, 80, Ack), 0, out _));
        Assert.Equal(1, director.Connections);
        service.Scheduler.Add(new RealServer(IPAddress.Parse(Server2), 8080));
        Process(director, Packet("tcp", Client, Vip, 2, 80, Syn), 0, out _);
        director.Remove(service);
        Assert.Equal(2, director.Connections);
        Assert.Equal(IpvsStatus.ServerGone, Process(director, Packet("tcp", Client, Vip, 2, 80, Ack), 0, out IpvsVerdict verdict));
        Assert.Null(verdict.Service);
        Assert.Equal((0, 0, false), service.Scheduler.LoadOf(1));
        Assert.Equal(IpvsStatus.NotOurs, Process(director, Packet("tcp", Client, Vip, 3, 80, Syn), 0, out _));
        Assert.Throws<ArgumentException>(() => director.Remove(service));
    }

    [Fact]
    public void Services_are_found_by_mark_then_address_then_any_port()
    {
        using IpvsDirector director = Director();
        IpvsService marked = new(7, false, Scheduler(new RealServer(IPAddress.Parse(Server1), 0)));
        IpvsService exact = Service(Vip, IpProtocol.Tcp, new RealServer(IPAddress.Parse(Server1), 8080));
        IpvsService any = new(IPAddress.Parse(Vip), 0, IpProtocol.Tcp, Scheduler(new RealServer(IPAddress.Parse(Server2), 0))) { PersistenceSeconds = 300 };
        IpvsService ftp = new(IPAddress.Parse("10.96.0.21"), 21, IpProtocol.Tcp, Scheduler(new RealServer(IPAddress.Parse(Server2), 21))) { PersistenceSeconds = 300 };
        foreach (IpvsService service in new[] { marked, exact, any, ftp })
            director.Add(service);
        Assert.Same(marked, director.Find(IPAddress.Parse(Vip), 80, IpProtocol.Tcp, mark: 7));
        Assert.Same(exact, director.Find(IPAddress.Parse(Vip), 80, IpProtocol.Tcp, mark: 8));
        Assert.Same(any, director.Find(IPAddress.Parse(Vip), 81, IpProtocol.Tcp));
        Assert.Same(ftp, director.Find(IPAddress.Parse("10.96.0.21"), 5000, IpProtocol.Tcp));
        Assert.Null(director.Find(IPAddress.Parse("10.96.0.21"), 80, IpProtocol.Tcp));
        Assert.Null(director.Find(IPAddress.Parse(Vip), 80, IpProtocol.Udp));
        Assert.Throws<ArgumentException>(() => director.Add(Service(Vip, IpProtocol.Tcp)));

        TestPacket packet = Packet("tcp", Client, Vip, 9, 4242, Syn);
        Process(director, packet, 0, out _);
        AssertAddresses(packet, Client, 9, Server2, 4242);

        // A mark needs no persistence to take every port.
        Assert.Equal(IpvsStatus.Forwarded, Process(director, Packet("tcp", Client, "203.0.113.1", 9, 555, Syn), 0, out _, mark: 7));
    }

    [Fact]
    public void Many_services_are_found()
    {
        using IpvsDirector director = Director();
        for (int i = 0; i < 1000; i++)
            director.Add(Service($"10.97.{i >> 8}.{i & 255}", IpProtocol.Tcp, new RealServer(IPAddress.Parse(Server1), (ushort)(i + 1))));
        for (int i = 0; i < 1000; i++)
        {
            TestPacket packet = Packet("tcp", Client, $"10.97.{i >> 8}.{i & 255}", 1, 80, Syn);
            Assert.Equal(IpvsStatus.Forwarded, Process(director, packet, 0, out _));
            AssertAddresses(packet, Client, 1, Server1, i + 1);
        }
    }

    [Theory]
    [InlineData(32, "192.0.2.8", false)]
    [InlineData(24, "192.0.2.8", true)]
    [InlineData(30, "192.0.2.4", true)]
    [InlineData(30, "192.0.2.8", false)]
    public void Persistence_goes_by_the_clients_prefix(int prefix, string neighbour, bool same)
    {
        using IpvsDirector director = Director();
        IpvsService service = Service(Vip, IpProtocol.Tcp, new RealServer(IPAddress.Parse(Server1), 8080), new RealServer(IPAddress.Parse(Server2), 8080));
        (service.PersistenceSeconds, service.PersistencePrefix) = (300, prefix);
        director.Add(service);
        Process(director, Packet("tcp", Client, Vip, 1, 80, Syn), 0, out IpvsVerdict first);
        for (int port = 2; port < 6; port++)
        {
            Process(director, Packet("tcp", Client, Vip, port, 80, Syn), 0, out IpvsVerdict again);
            Assert.Equal(first.Server, again.Server);
        }

        Process(director, Packet("tcp", neighbour, Vip, 1, 80, Syn), 0, out IpvsVerdict other);
        Assert.Equal(same, first.Server == other.Server);
    }

    [Fact]
    public void A_template_outlives_its_connections_by_the_services_time()
    {
        using IpvsDirector director = Director();
        IpvsService service = Service(Vip, IpProtocol.Tcp, new RealServer(IPAddress.Parse(Server1), 8080), new RealServer(IPAddress.Parse(Server2), 8080));
        service.PersistenceSeconds = 100;
        director.Add(service);
        Process(director, Packet("tcp", Client, Vip, 1, 80, Syn), 0, out IpvsVerdict first);
        Assert.Equal(2, director.Connections);
        // SYN_RECV lasts 60 s; the template 100 s from the last connection scheduled.
        director.Expire(70_000);
        Assert.Equal(1, director.Connections);
        Process(director, Packet("tcp", Client, Vip, 2, 80, Syn), 90_000, out IpvsVerdict second);
        Assert.Equal(first.Server, second.Server);
        director.Expire(300_000);
        director.Expire(400_000);
        Assert.Equal(0, director.Connections);
        Process(director, Packet("tcp", Client, Vip, 3, 80, Syn), 400_000, out IpvsVerdict third);
        Assert.NotEqual(first.Server, third.Server);
    }

    [Fact]
    public void A_mark_persists_over_addresses_and_ports()
    {
        using IpvsDirector director = Director();
        IpvsService service = new(7, false, Scheduler(new RealServer(IPAddress.Parse(Server1), 0), new RealServer(IPAddress.Parse(Server2), 0))) { PersistenceSeconds = 60 };
        director.Add(service);
        Process(director, Packet("tcp", Client, Vip, 1, 80, Syn), 0, out IpvsVerdict first, mark: 7);
        Process(director, Packet("udp", Client, "10.96.0.99", 1, 53, 0), 0, out IpvsVerdict second, mark: 7);
        Assert.Equal((IpvsStatus.Forwarded, first.Server), (second.Status, second.Server));
    }

    [Fact]
    public void One_packet_scheduling_leaves_no_connection()
    {
        using IpvsDirector director = Director();
        IpvsService service = Service(Vip, IpProtocol.Udp, new RealServer(IPAddress.Parse(Server1), 8080), new RealServer(IPAddress.Parse(Server2), 8080));
        service.IsOnePacket = true;
        director.Add(service);
        HashSet<int> servers = [];
        for (int i = 0; i < 4; i++)
        {
            TestPacket packet = Packet("udp", Client, Vip, 1, 80, 0);
            Assert.Equal(IpvsStatus.Forwarded, Process(director, packet, 0, out IpvsVerdict verdict));
            Assert.True(packet.ChecksumsAreRight());
            AssertAddresses(packet, Client, 1, verdict.Server == 0 ? Server1 : Server2, 8080);
            servers.Add(verdict.Server);
        }

        Assert.Equal((2, 0), (servers.Count, director.Connections));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(0, false)]
    public void A_port_used_again_is_scheduled_again(int mode, bool scheduled)
    {
        using IpvsDirector director = Director(new IpvsOptions { ReuseMode = mode });
        director.Add(Service(Vip, IpProtocol.Tcp, new RealServer(IPAddress.Parse(Server1), 8080), new RealServer(IPAddress.Parse(Server2), 8080)));
        Process(director, Packet("tcp", Client, Vip, 1, 80, Syn), 0, out IpvsVerdict first);
        Process(director, Packet("tcp", first.Server == 0 ? Server1 : Server2, Client, 8080, 1, Rst), 0, out _);
        Process(director, Packet("tcp", Client, Vip, 1, 80, Syn), 1, out IpvsVerdict again);
        Assert.Equal(scheduled, again.IsNew);
        Assert.Equal(scheduled, again.Server != first.Server);
        Assert.Equal(1, director.Connections);
    }

    [Fact]
    public void Connections_end_by_their_states_time()
    {
        using IpvsDirector director = Director();
        IpvsService service = Service(Vip, IpProtocol.Tcp, new RealServer(IPAddress.Parse(Server1), 8080));
        director.Add(service);
        Process(director, Packet("tcp", Client, Vip, 1, 80, Syn), 0, out _);
        Assert.Equal((1, 0), (service.Scheduler.LoadOf(0).Active, service.Scheduler.LoadOf(0).Inactive));
        Process(director, Packet("tcp", Client, Vip, 1, 80, Ack), 10, out _);
        Assert.Equal(IpvsStatus.Forwarded, Process(director, Packet("tcp", Client, Vip, 1, 80, Ack), 900_009, out _));
        // Over, whether the room was given back or not.
        Assert.Equal(IpvsStatus.NotOurs, Process(director, Packet("tcp", Client, Vip, 1, 80, Ack), 1_800_009, out _));
        Assert.Equal(0, director.Connections);
        Assert.Equal((0, 0), (service.Scheduler.LoadOf(0).Active, service.Scheduler.LoadOf(0).Inactive));
    }

    [Fact]
    public void Expiry_keeps_to_its_budget_and_forgets_nothing()
    {
        using IpvsDirector director = Director();
        director.Add(Service(Vip, IpProtocol.Udp, new RealServer(IPAddress.Parse(Server1), 8080)));
        for (int port = 1001; port <= 2000; port++)
            Process(director, Packet("udp", Client, Vip, port, 80, 0), port - 1000, out _);
        int ended = 0;
        for (int round = 0; round < 200; round++)
        {
            int now = director.Expire(400_000 + round, budget: 10);
            Assert.InRange(now, 0, 10);
            ended += now;
        }

        Assert.Equal((1000, 0), (ended, director.Connections));
    }

    [Fact]
    public void A_full_table_drops_and_counts()
    {
        using IpvsDirector director = Director(new IpvsOptions { Capacity = 2 });
        director.Add(Service(Vip, IpProtocol.Udp, new RealServer(IPAddress.Parse(Server1), 8080)));
        Process(director, Packet("udp", Client, Vip, 1, 80, 0), 0, out _);
        Process(director, Packet("udp", Client, Vip, 2, 80, 0), 0, out _);
        Assert.Equal(IpvsStatus.TableFull, Process(director, Packet("udp", Client, Vip, 3, 80, 0), 0, out _));
        Assert.Equal(1, director.DroppedFull);
        Assert.Equal(2, director.Expire(301_000));
        Assert.Equal(IpvsStatus.Forwarded, Process(director, Packet("udp", Client, Vip, 3, 80, 0), 301_000, out _));
    }

    [Fact]
    public void Drop_entry_takes_half_open_connections()
    {
        using IpvsDirector director = Director(new IpvsOptions { TableBits = 8 });
        director.Add(Service(Vip, IpProtocol.Tcp, new RealServer(IPAddress.Parse(Server1), 8080)));
        for (int port = 1001; port <= 3000; port++)
            Process(director, Packet("tcp", Client, Vip, port, 80, Syn), 0, out _);
        for (int port = 1001; port <= 2000; port++)
            Process(director, Packet("tcp", Client, Vip, port, 80, Ack), 0, out _);
        int dropped = 0;
        for (int second = 0; second < 400; second++)
            dropped += director.DropEntries(0);
        Assert.InRange(dropped, 900, 1000);
        Assert.Equal(2000 - dropped, director.Connections);
        for (int port = 1001; port <= 2000; port++)
            Assert.Equal(IpvsStatus.Forwarded, Process(director, Packet("tcp", Client, Vip, port, 80, Ack), 0, out _));
    }

    [Fact]
    public void Drop_packet_takes_one_in_so_many_that_open()
    {
        using IpvsDirector director = Director();
        director.Add(Service(Vip, IpProtocol.Tcp, new RealServer(IPAddress.Parse(Server1), 8080)));
        director.DropRate = 4;
        int dropped = Enumerable.Range(1001, 100).Count(port => Process(director, Packet("tcp", Client, Vip, port, 80, Syn), 0, out _) == IpvsStatus.Defence);
        Assert.Equal(25, dropped);
    }

    [Theory]
    [InlineData("192.0.2.7", "10.96.0.10", "10.0.1.1")]
    [InlineData("2001:db8::7", "fd00:10:96::a", "fd00:1::1")]
    public void Errors_about_a_connection_are_translated_inside_and_out(string client, string vip, string server)
    {
        using IpvsDirector director = Director();
        director.Add(Service(vip, IpProtocol.Udp, new RealServer(IPAddress.Parse(server), 8080)));
        TestPacket request = Packet("udp", client, vip, 40000, 80, 0);
        byte[] sent = request.Copy().Bytes;
        Process(director, request, 0, out _);

        // The real server refuses: the client gets an error from the service about what it sent there.
        ushort checksum = TransportChecksum(request.Bytes);
        TestPacket error = Error(server, client, request);
        Assert.Equal(IpvsStatus.Replied, Process(director, error, 1, out _));
        Assert.True(error.ChecksumsAreRight());
        SetTransportChecksum(sent, checksum);
        Assert.Equal(sent.AsSpan(AddressesAt(client)).ToArray(), Quoted(error).AsSpan(AddressesAt(client)).ToArray());
        Assert.Equal(vip, SourceOf(error));

        // The client refuses the reply: the server gets an error about what it sent.
        TestPacket reply = Packet("udp", server, client, 8080, 40000, 0);
        byte[] original = reply.Copy().Bytes;
        Process(director, reply, 2, out _);
        checksum = TransportChecksum(reply.Bytes);
        error = Error(client, vip, reply);
        Assert.Equal(IpvsStatus.Forwarded, Process(director, error, 3, out _));
        Assert.True(error.ChecksumsAreRight());
        SetTransportChecksum(original, checksum);
        Assert.Equal(original.AsSpan(AddressesAt(client)).ToArray(), Quoted(error).AsSpan(AddressesAt(client)).ToArray());
    }

    [Fact]
    public void The_newest_of_two_connections_with_the_same_replies_has_them()
    {
        // One client port to two services with one server: the server's replies cannot be told apart.
        using IpvsDirector director = Director();
        foreach (string vip in new[] { Vip, "10.96.0.11" })
            director.Add(Service(vip, IpProtocol.Udp, new RealServer(IPAddress.Parse(Server1), 8080)));
        Process(director, Packet("udp", Client, Vip, 1, 80, 0), 0, out _);
        Process(director, Packet("udp", Client, "10.96.0.11", 1, 80, 0), 10_000, out _);
        TestPacket reply = Packet("udp", Server1, Client, 8080, 1, 0);
        Process(director, reply, 20_000, out _);
        AssertAddresses(reply, "10.96.0.11", 80, Client, 1);
        Process(director, Packet("udp", Client, Vip, 1, 80, 0), 250_000, out _);
        reply = Packet("udp", Server1, Client, 8080, 1, 0);
        Process(director, reply, 320_000, out _);
        AssertAddresses(reply, Vip, 80, Client, 1);
    }

    [Fact]
    public void A_packet_allocates_nothing()
    {
        using IpvsDirector director = Director();
        director.Add(Service(Vip, IpProtocol.Tcp, new RealServer(IPAddress.Parse(Server1), 8080)));
        TestPacket packet = Packet("tcp", Client, Vip, 1, 80, Syn);
        byte[] bytes = packet.Bytes, work = new byte[bytes.Length];
        PacketInfo info = packet.Info;
        Allocation.IsZero(() =>
        {
            bytes.CopyTo(work, 0);
            FlowParser.ParseNetwork(work, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out _);
            director.Process(work, info, v4, v6, 0, 0, out _);
        });
    }

    private protected IpvsDirector Director(IpvsOptions? options = null) => new((options ?? new IpvsOptions { Capacity = 4096 }) with { Index = index });

    private protected static VirtualService Scheduler(params RealServer[] servers)
    {
        VirtualService scheduler = new(SchedulerKind.RoundRobin);
        foreach (RealServer server in servers)
            scheduler.Add(server);
        return scheduler;
    }

    private protected static IpvsService Service(string address, IpProtocol protocol, params RealServer[] servers) =>
        new(IPAddress.Parse(address), 80, protocol, Scheduler(servers));

    private protected static IpvsStatus Process(IpvsDirector director, TestPacket packet, long nowMs, out IpvsVerdict verdict, uint mark = 0)
    {
        FlowParser.ParseNetwork(packet.Bytes, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        IpvsStatus status = director.Process(packet.Bytes, info, v4, v6, mark, nowMs, out verdict);
        Assert.Equal(status, verdict.Status);
        return status;
    }

    private protected static TestPacket Packet(string protocol, string source, string destination, int sourcePort, int destinationPort, byte flags) => protocol switch
    {
        "tcp" => TestPacket.Tcp(source, destination, sourcePort, destinationPort, flags),
        "udp" => TestPacket.Udp(source, destination, sourcePort, destinationPort),
        _ => TestPacket.Sctp(source, destination, sourcePort, destinationPort),
    };

    private static void AssertAddresses(TestPacket packet, string source, int sourcePort, string destination, int destinationPort)
    {
        FlowParser.ParseNetwork(packet.Bytes, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        bool ipv4 = (info.Flags & PacketFlags.Ipv4) != 0;
        string actual = ipv4
            ? $"{new IPAddress(v4.SourceBe)} {v4.SourcePort} {new IPAddress(v4.DestinationBe)} {v4.DestinationPort}"
            : $"{v6.Source} {v6.SourcePort} {v6.Destination} {v6.DestinationPort}";
        Assert.Equal($"{source} {sourcePort} {destination} {destinationPort}", actual);
        Assert.NotEqual(ChecksumVerdict.Invalid, PacketChecksums.VerifyTransport(packet.Bytes, info));
    }

    private static TestPacket Error(string source, string destination, TestPacket about)
    {
        bool ipv6 = source.Contains(':', StringComparison.Ordinal);
        byte[] answer = new byte[1280];
        byte[] from = new byte[16];
        IPAddress.Parse(source).TryWriteBytes(from, out _);
        int length = IcmpErrorWriter.Write(about.Bytes, about.Info, about.Bytes.Length, ipv6 ? (byte)1 : (byte)3, 4, 0, new IPv6Address(from), answer);
        TestPacket error = new() { Bytes = answer[..length] };
        Assert.Equal(destination, ipv6 ? new IPAddress(error.Bytes.AsSpan(24, 16)).ToString() : new IPAddress(error.Bytes.AsSpan(16, 4)).ToString());
        return error;
    }

    private static int AddressesAt(string address) => address.Contains(':', StringComparison.Ordinal) ? 8 : 12;

    private static byte[] Quoted(TestPacket error) => error.Bytes[((error.Bytes[0] >> 4 == 4 ? 20 : 40) + 8)..];

    // IPVS leaves the quoted one as it was.
    private static ushort TransportChecksum(ReadOnlySpan<byte> udp) => BinaryPrimitives.ReadUInt16BigEndian(udp[((udp[0] >> 4 == 4 ? 20 : 40) + 6)..]);

    private static void SetTransportChecksum(Span<byte> udp, ushort checksum) => BinaryPrimitives.WriteUInt16BigEndian(udp[((udp[0] >> 4 == 4 ? 20 : 40) + 6)..], checksum);

    private static string SourceOf(TestPacket packet) =>
        new IPAddress(packet.Bytes[0] >> 4 == 4 ? packet.Bytes.AsSpan(12, 4) : packet.Bytes.AsSpan(8, 16)).ToString();
}

public sealed class IpvsDirectorKernelChainTests() : IpvsDirectorTests(IpvsIndexKind.KernelChains);

public sealed class IpvsDirectorFlowTableTests() : IpvsDirectorTests(IpvsIndexKind.FlowTable);
