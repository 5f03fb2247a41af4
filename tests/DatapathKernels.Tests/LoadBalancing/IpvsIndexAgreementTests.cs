using System.Net;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>The kernel's connection table and the project's give the same answers, packet by packet and byte by byte.</summary>
public class IpvsIndexAgreementTests
{
    private static readonly byte[] Flags = [2, 16, 18, 17, 4, 16];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Both_indexes_agree_on_random_traffic(int seed)
    {
        Random random = new(seed);
        using IpvsDirector chains = Make(IpvsIndexKind.KernelChains), flows = Make(IpvsIndexKind.FlowTable);
        HashSet<IpvsStatus> seen = [];
        long now = 0;
        for (int i = 0; i < 60_000; i++)
        {
            now += random.Next(40);
            TestPacket packet = RandomPacket(random), twin = packet.Copy();
            IpvsStatus status = Process(chains, packet, now, out IpvsVerdict one);
            Assert.Equal(status, Process(flows, twin, now, out IpvsVerdict other));
            Assert.Equal((one.Server, one.IsNew, one.NextHop, one.ServerPortBe), (other.Server, other.IsNew, other.NextHop, other.ServerPortBe));
            Assert.Equal(packet.Bytes, twin.Bytes);
            seen.Add(status);
            if (i % 500 == 0)
            {
                Assert.Equal(chains.Expire(now, int.MaxValue), flows.Expire(now, int.MaxValue));
                Change(random, chains, flows);
            }

            Assert.Equal(chains.Connections, flows.Connections);
        }

        Assert.Superset(new HashSet<IpvsStatus> { IpvsStatus.NotOurs, IpvsStatus.Forwarded, IpvsStatus.Replied, IpvsStatus.ServerGone, IpvsStatus.NoServer, IpvsStatus.TableFull }, seen);
    }

    [Theory]
    [InlineData(IpvsIndexKind.FlowTable, 1, 300)]
    [InlineData(IpvsIndexKind.FlowTable, 700, 4000)]
    [InlineData(IpvsIndexKind.KernelChains, 700, 4000)]
    public void A_burst_equals_singles(IpvsIndexKind kind, int stepMs, int capacity)
    {
        Random random = new(5);
        using IpvsDirector one = Make(kind, capacity), other = Make(kind, capacity);
        using PacketArena arena = new(64, 512);
        IpvsVerdict[] verdicts = new IpvsVerdict[64];
        for (int round = 0; round < 400; round++)
        {
            arena.Clear();
            long now = round * stepMs;
            TestPacket[] packets = [.. Enumerable.Range(0, round % 65).Select(_ => RandomPacket(random))];
            foreach (TestPacket packet in packets)
                Assert.True(arena.TryAdd(packet.Bytes, LinkType.Raw));
            PacketBurst burst = arena.Burst(0, packets.Length);
            PacketInfo[] infos = new PacketInfo[64];
            FlowKeyV4[] v4 = new FlowKeyV4[64];
            FlowKeyV6[] v6 = new FlowKeyV6[64];
            for (int i = 0; i < packets.Length; i++)
                FlowParser.ParseNetwork(packets[i].Bytes, 0, out v4[i], out v6[i], out infos[i]);
            other.ProcessBurst(burst, infos, v4, v6, 0, now, verdicts);
            for (int i = 0; i < packets.Length; i++)
            {
                Assert.Equal(Process(one, packets[i], now, out IpvsVerdict verdict), verdicts[i].Status);
                Assert.Equal((verdict.Server, verdict.IsNew, verdict.NextHop, verdict.ServerPortBe), (verdicts[i].Server, verdicts[i].IsNew, verdicts[i].NextHop, verdicts[i].ServerPortBe));
                Assert.Equal(verdict.Service?.Port, verdicts[i].Service?.Port);
                Assert.Equal(packets[i].Bytes, burst[i].ToArray());
            }

            Assert.Equal(one.Connections, other.Connections);
            if (round % 20 == 0)
            {
                Assert.Equal(one.Expire(now, int.MaxValue), other.Expire(now, int.MaxValue));
                Change(random, one, other);
            }
        }
    }

    /// <summary>A packet that a client sent before there was a connection with such replies is a reply afterwards, and the client's again when that one is gone.</summary>
    [Theory]
    [InlineData(IpvsIndexKind.KernelChains, false)]
    [InlineData(IpvsIndexKind.KernelChains, true)]
    [InlineData(IpvsIndexKind.FlowTable, false)]
    [InlineData(IpvsIndexKind.FlowTable, true)]
    public void What_could_be_a_reply_is_one(IpvsIndexKind kind, bool asBurst)
    {
        using IpvsDirector director = new(new IpvsOptions { Index = kind, Capacity = 100 });
        IpvsService[] services = [.. new[] { ("192.0.2.1", "10.9.9.9"), ("10.96.0.1", "10.0.0.1") }.Select(pair =>
        {
            VirtualService scheduler = new(SchedulerKind.RoundRobin);
            scheduler.Add(new RealServer(IPAddress.Parse(pair.Item2), 8080));
            return new IpvsService(IPAddress.Parse(pair.Item1), 80, IpProtocol.Udp, scheduler);
        })];
        foreach (IpvsService service in services)
            director.Add(service);
        TestPacket Server() => TestPacket.Udp("10.0.0.1", "192.0.2.1", 8080, 80);
        TestPacket[] packets = [Server(), Server(), TestPacket.Udp("192.0.2.1", "10.96.0.1", 80, 80), Server()];
        Assert.Equal([IpvsStatus.Forwarded, IpvsStatus.Forwarded, IpvsStatus.Forwarded, IpvsStatus.Replied], asBurst ? ProcessBurst(director, packets) : [.. packets.Select(packet => Process(director, packet, 0, out _))]);
        Assert.Equal(IpvsStatus.Forwarded, Process(director, Server(), 300_000, out _));
    }

    /// <summary>A port of a client that talks to very many services is one chain: each of its connections is found from both sides, goes, and comes again.</summary>
    [Theory]
    [InlineData(IpvsIndexKind.KernelChains)]
    [InlineData(IpvsIndexKind.FlowTable)]
    public void One_port_of_a_client_has_thousands_of_connections(IpvsIndexKind kind)
    {
        const int services = 2000;
        using IpvsDirector director = new(new IpvsOptions { Index = kind, Capacity = services + 1 });
        for (int i = 0; i < services; i++)
        {
            VirtualService scheduler = new(SchedulerKind.RoundRobin);
            scheduler.Add(new RealServer(IPAddress.Parse($"10.1.{i >> 8}.{i & 255}"), 8080));
            director.Add(new IpvsService(IPAddress.Parse($"10.96.{i >> 8}.{i & 255}"), 80, IpProtocol.Udp, scheduler));
        }

        TestPacket ToService(int i) => TestPacket.Udp("192.0.2.1", $"10.96.{i >> 8}.{i & 255}", 4000, 80);
        TestPacket ToClient(int i) => TestPacket.Udp($"10.1.{i >> 8}.{i & 255}", "192.0.2.1", 8080, 4000);
        for (int round = 0; round < 2; round++)
        {
            long now = round * 1_000_000;
            for (int i = 0; i < services; i++)
            {
                Process(director, ToService(i), now, out IpvsVerdict verdict);
                Assert.True(verdict.IsNew);
            }

            // Every third one goes on; the others are over first.
            for (int i = 0; i < services; i += 3)
            {
                Assert.Equal(IpvsStatus.Replied, Process(director, ToClient(i), now + 100_000, out _));
                Assert.Equal(IpvsStatus.Forwarded, Process(director, ToService(i), now + 100_000, out IpvsVerdict verdict));
                Assert.False(verdict.IsNew);
            }

            const int kept = (services + 2) / 3;
            Assert.Equal(services - kept, director.Expire(now + 302_000, int.MaxValue));
            Assert.All(Enumerable.Range(0, services).Where(i => i % 3 == 0), i => Assert.Equal(IpvsStatus.Replied, Process(director, ToClient(i), now + 302_000, out _)));
            Assert.All(Enumerable.Range(0, services).Where(i => i % 3 != 0), i => Assert.Equal(IpvsStatus.NotOurs, Process(director, ToClient(i), now + 302_000, out _)));
            Assert.Equal(kept, director.Expire(now + 700_000, int.MaxValue));
        }

        Assert.Equal(0, director.Connections);
    }

    private static IpvsStatus[] ProcessBurst(IpvsDirector director, TestPacket[] packets)
    {
        using PacketArena arena = new(64, 512);
        PacketInfo[] infos = new PacketInfo[packets.Length];
        FlowKeyV4[] v4 = new FlowKeyV4[packets.Length];
        FlowKeyV6[] v6 = new FlowKeyV6[packets.Length];
        for (int i = 0; i < packets.Length; i++)
        {
            Assert.True(arena.TryAdd(packets[i].Bytes, LinkType.Raw));
            FlowParser.ParseNetwork(packets[i].Bytes, 0, out v4[i], out v6[i], out infos[i]);
        }

        IpvsVerdict[] verdicts = new IpvsVerdict[packets.Length];
        director.ProcessBurst(arena.Burst(0, packets.Length), infos, v4, v6, 0, 0, verdicts);
        return [.. verdicts.Select(verdict => verdict.Status)];
    }

    private static IpvsDirector Make(IpvsIndexKind kind, int capacity = 300)
    {
        IpvsDirector director = new(new IpvsOptions { Index = kind, Capacity = capacity, TableBits = 8, Seed = 9 });
        for (int i = 0; i < 8; i++)
        {
            IpProtocol protocol = i % 2 == 0 ? IpProtocol.Tcp : IpProtocol.Udp;
            string address = i < 6 ? $"10.96.0.{i / 2}" : "fd00::1";
            VirtualService scheduler = new(i == 2 ? SchedulerKind.LeastConnections : SchedulerKind.RoundRobin);
            for (int server = 0; server < 3; server++)
            {
                scheduler.Add(new RealServer(IPAddress.Parse(i < 6 ? $"10.0.0.{server}" : $"fd01::{server}"), 8080, Weight: i == 4 ? 0 : 1,
                    Forwarding: i == 5 && server == 0 ? ForwardingMode.DirectRouting : ForwardingMode.Nat));
            }

            director.Add(new IpvsService(IPAddress.Parse(address), 80, protocol, scheduler) { PersistenceSeconds = i == 3 ? 20 : 0, PersistencePrefix = 30, IsOnePacket = i == 7 });
        }

        return director;
    }

    /// <summary>The same server leaves both; it comes back, or another does.</summary>
    private static void Change(Random random, IpvsDirector one, IpvsDirector other)
    {
        int service = random.Next(8);
        int position = random.Next(3);
        ushort port = (ushort)(8080 + random.Next(2));
        foreach (IpvsDirector director in new[] { one, other })
        {
            VirtualService scheduler = director.Services.ElementAt(service).Scheduler;
            int id = scheduler.ListOrder[position];
            RealServer server = scheduler.ServerOf(id);
            scheduler.Remove(id);
            scheduler.Add(server with { Port = port });
        }
    }

    private static TestPacket RandomPacket(Random random)
    {
        bool v6 = random.Next(5) == 0, reply = random.Next(3) == 0;
        string client = v6 ? $"2001:db8::{random.Next(4)}" : $"192.0.2.{random.Next(8)}";
        string peer = reply
            ? (v6 ? $"fd01::{random.Next(3)}" : $"10.0.0.{random.Next(3)}")
            : v6 ? "fd00::1" : $"10.96.0.{random.Next(4)}";
        int clientPort = 30000 + random.Next(12), peerPort = reply ? 8080 + random.Next(2) : 80;
        (string source, string destination, int sourcePort, int destinationPort) = reply
            ? (peer, client, peerPort, clientPort) : (client, peer, clientPort, peerPort);
        return random.Next(2) == 0
            ? TestPacket.Tcp(source, destination, sourcePort, destinationPort, Flags[random.Next(Flags.Length)])
            : TestPacket.Udp(source, destination, sourcePort, destinationPort, checksum: v6 || random.Next(3) != 0);
    }

    private static IpvsStatus Process(IpvsDirector director, TestPacket packet, long nowMs, out IpvsVerdict verdict)
    {
        FlowParser.ParseNetwork(packet.Bytes, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        return director.Process(packet.Bytes, info, v4, v6, 0, nowMs, out verdict);
    }
}
