using System.Net;
using System.Net.Sockets;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>A cluster's traffic through every mode: the same reachability, and the same addresses up to the choice of backend.</summary>
public class DatapathTests
{
    private const byte Syn = 2, SynAck = 0x12, Ack = 0x10, Rst = 4;
    private const string WorldV4 = "203.0.113.7", WorldV6 = "2001:db8:7::7";

    public static TheoryData<DatapathMode, OverlayKind> Modes
    {
        get
        {
            TheoryData<DatapathMode, OverlayKind> modes = [];
            foreach (DatapathMode mode in Enum.GetValues<DatapathMode>())
            {
                foreach (OverlayKind overlay in Enum.GetValues<OverlayKind>())
                    modes.Add(mode, overlay);
            }

            return modes;
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_pod_talks_to_a_service_and_hears_from_it(DatapathMode mode, OverlayKind overlay)
    {
        Cluster cluster = Small();
        using ClusterWire wire = new(cluster, Options(mode, overlay), cluster.Nodes.Count);
        foreach (AddressFamily family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            foreach (ClusterService service in cluster.Services)
            {
                for (int client = 0; client < 3; client++)
                    Converse(wire, cluster, service, cluster.Pods[client * 5], family, 40000 + client);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void The_world_talks_to_a_node_port_and_hears_from_it(DatapathMode mode, OverlayKind overlay)
    {
        Cluster cluster = Small();
        using ClusterWire wire = new(cluster, Options(mode, overlay), cluster.Nodes.Count);
        foreach (AddressFamily family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            string world = family == AddressFamily.InterNetwork ? WorldV4 : WorldV6;
            IPAddress node = cluster.Nodes[0].Addresses.First(address => address.AddressFamily == family);
            ServicePort port = cluster.Services[0].Ports[0];
            for (int sourcePort = 50000; sourcePort < 50016; sourcePort++)
            {
                Arrival asked = wire.FromWorld(cluster.Nodes[0], Segment(world, node.ToString(), sourcePort, port.NodePort, Syn));
                AssertDelivered(asked, port, family);
                Arrival answered = wire.FromPod(asked.Node.Node, Segment(asked.To.Address.ToString(), asked.From.Address.ToString(), asked.To.Port, asked.From.Port, SynAck));
                Assert.Equal((FateKind.Forwarded, $"{new IPEndPoint(node, port.NodePort)}", $"{new IPEndPoint(IPAddress.Parse(world), sourcePort)}"), (answered.Fate.Kind, $"{answered.From}", $"{answered.To}"));
                Assert.True(answered.Packet.ChecksumsAreRight());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_pod_reaches_itself_through_its_service(DatapathMode mode, OverlayKind overlay)
    {
        Cluster cluster = Small();
        ClusterService service = cluster.Services[^1];
        ServiceEndpoint only = service.Ports[0].Endpoints.First(endpoint => endpoint.Address.AddressFamily == AddressFamily.InterNetwork);
        ClusterPod pod = cluster.Pods.First(p => only.Address.Equals(p.IPv4));
        using ClusterWire wire = new(cluster, Options(mode, overlay), cluster.Nodes.Count);
        Arrival asked = wire.FromPod(pod.Node, Segment($"{pod.IPv4}", $"{service.ClusterIPs[0]}", 41000, service.Ports[0].Port, Syn));
        Assert.Equal((FateKind.Delivered, $"{only.Address}"), (asked.Fate.Kind, $"{asked.To.Address}"));
        Assert.NotEqual($"{pod.IPv4}", $"{asked.From.Address}");
        Arrival answered = wire.FromPod(pod.Node, Segment($"{only.Address}", $"{asked.From.Address}", only.Port, asked.From.Port, SynAck));
        Assert.Equal((FateKind.Delivered, $"{pod.IPv4}:41000", $"{service.ClusterIPs[0]}:{service.Ports[0].Port}"), (answered.Fate.Kind, $"{answered.To}", $"{answered.From}"));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Without_endpoints_the_client_is_told(DatapathMode mode, OverlayKind overlay)
    {
        Cluster cluster = Small();
        ClusterService empty = cluster.Services[0] with { Ports = [cluster.Services[0].Ports[0] with { Endpoints = [] }] };
        cluster = new Cluster(cluster.Nodes, cluster.Pods, [empty], cluster.PodRanges, cluster.ServiceRanges);
        using ClusterWire wire = new(cluster, Options(mode, overlay), 1);
        ClusterPod pod = cluster.Pods.First(p => p.Node == cluster.Nodes[0]);
        foreach (IPAddress address in empty.ClusterIPs)
        {
            bool v4 = address.AddressFamily == AddressFamily.InterNetwork;
            Arrival answer = wire.FromPod(cluster.Nodes[0], Segment(v4 ? $"{pod.IPv4}" : $"{pod.IPv6}", $"{address}", 41000, empty.Ports[0].Port, Syn));
            Assert.Equal((FateKind.Answered, v4 ? $"{pod.IPv4}" : $"{pod.IPv6}"), (answer.Fate.Kind, $"{answer.To.Address}"));
            Assert.Equal(v4 ? (byte)3 : (byte)1, answer.Bytes[v4 ? 20 : 40]);
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_refused_connection_is_refused_in_the_services_name(DatapathMode mode, OverlayKind overlay)
    {
        Cluster cluster = Small();
        using ClusterWire wire = new(cluster, Options(mode, overlay), cluster.Nodes.Count);
        ClusterService service = cluster.Services[0];
        ClusterPod pod = cluster.Pods[0];
        Arrival asked = wire.FromPod(pod.Node, Segment($"{pod.IPv4}", $"{service.ClusterIPs[0]}", 42000, service.Ports[0].Port, Syn));
        Arrival refused = wire.FromPod(asked.Node.Node, Segment($"{asked.To.Address}", $"{asked.From.Address}", asked.To.Port, asked.From.Port, Rst | Ack, ack: 101));
        Assert.Equal((FateKind.Delivered, $"{service.ClusterIPs[0]}:{service.Ports[0].Port}", $"{pod.IPv4}:42000"), (refused.Fate.Kind, $"{refused.From}", $"{refused.To}"));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Errors_about_translated_packets_find_their_sender(DatapathMode mode, OverlayKind overlay)
    {
        Cluster cluster = Small();
        using ClusterWire wire = new(cluster, Options(mode, overlay), cluster.Nodes.Count);
        ClusterService service = cluster.Services[0];
        ClusterPod pod = cluster.Pods[0];
        Arrival asked = wire.FromPod(pod.Node, Segment($"{pod.IPv4}", $"{service.ClusterIPs[0]}", 43000, service.Ports[0].Port, Syn));
        Assert.Equal(FateKind.Delivered, asked.Fate.Kind);

        // The backend's node has it on the wire as the client's node sent it: a router between answers that it is too big.
        FlowParser.ParseNetwork(asked.Bytes, 0, out _, out _, out PacketInfo info);
        byte[] error = new byte[576];
        IPv6Address router = new([192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        int length = IcmpErrorWriter.Write(asked.Bytes, info, asked.Bytes.Length, 3, 4, 1400, router, error);
        Arrival told = wire.FromWorld(pod.Node, new TestPacket { Bytes = error[..length] });

        // The kernel gives the error the service's name too, whoever sent it; Cilium leaves routers their own.
        string from = mode == DatapathMode.Ebpf ? "192.0.2.1" : $"{service.ClusterIPs[0]}";
        Assert.Equal((FateKind.Delivered, $"{pod.IPv4}", from), (told.Fate.Kind, $"{told.To.Address}", $"{told.From.Address}"));
        byte[] quoted = told.Bytes[28..];
        Assert.Equal(($"{pod.IPv4}", $"{service.ClusterIPs[0]}"), ($"{new IPAddress(quoted.AsSpan(12, 4))}", $"{new IPAddress(quoted.AsSpan(16, 4))}"));
        Assert.Equal(service.Ports[0].Port, (quoted[22] << 8) | quoted[23]);
        Assert.True(told.Packet.ChecksumsAreRight());
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Ways_end_with_a_reason(DatapathMode mode, OverlayKind overlay)
    {
        Cluster cluster = Small();
        using ClusterWire wire = new(cluster, Options(mode, overlay), cluster.Nodes.Count);
        ClusterPod here = cluster.Pods.First(pod => pod.Node == cluster.Nodes[0]), there = cluster.Pods.First(pod => pod.Node == cluster.Nodes[1]);
        TestPacket packet = Segment($"{here.IPv4}", $"{there.IPv4}", 1000, 2000, Syn);
        packet.Bytes[8] = 1;
        PacketChecksums.Write(packet.Bytes, packet.Info);
        Arrival expired = wire.FromPod(here.Node, packet);
        Assert.Equal((FateKind.Answered, DropReason.TtlExceeded, (byte)11), (expired.Fate.Kind, expired.Fate.Reason, expired.Bytes[20]));

        byte[] large = [.. TestPacket.Udp($"{here.IPv4}", $"{there.IPv4}").Bytes, .. new byte[1500]];
        large[2] = (byte)(large.Length >> 8);
        large[3] = (byte)large.Length;
        large[6] = 0x40;
        large[24] = (byte)((large.Length - 20) >> 8);
        large[25] = (byte)(large.Length - 20);
        FlowParser.ParseNetwork(large, 0, out _, out _, out PacketInfo info);
        PacketChecksums.Write(large, info);
        Arrival tooBig = wire.FromPod(here.Node, new TestPacket { Bytes = large });
        Assert.Equal((FateKind.Answered, DropReason.TooBig, overlay == OverlayKind.None ? 1500 : 1450), (tooBig.Fate.Kind, tooBig.Fate.Reason, (tooBig.Bytes[26] << 8) | tooBig.Bytes[27]));
        Assert.Equal(1, wire.NodeOf(here.Node.Name).Datapath.Count(DropReason.TooBig));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Explain_tells_the_way(DatapathMode mode, OverlayKind overlay)
    {
        Cluster cluster = Small();
        using NodeDatapath node = NodeDatapath.Build(cluster, Options(mode, overlay));
        ClusterPod pod = cluster.Pods.First(p => p.Node == node.Node);
        ClusterService service = cluster.Services[0];
        byte[] frame = [.. new byte[12], 8, 0, .. Segment($"{pod.IPv4}", $"{service.ClusterIPs[0]}", 44000, service.Ports[0].Port, Syn).Bytes];
        IReadOnlyList<PathStep> steps = node.Datapath.Explain(frame, node.InterfaceOf(pod.IPv4!), 1000, out PacketFate fate);
        Assert.NotEqual(FateKind.Dropped, fate.Kind);
        Assert.True(steps.Count >= 4, string.Join('\n', steps));
        Assert.Contains(steps, step => step.Cost == (mode is DatapathMode.Iptables or DatapathMode.IptablesVector ? CostClass.Linear : CostClass.Lookup));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_burst_equals_singles_and_allocates_nothing(DatapathMode mode, OverlayKind overlay)
    {
        Cluster cluster = Small();
        using NodeDatapath one = NodeDatapath.Build(cluster, Options(mode, overlay)), other = NodeDatapath.Build(cluster, Options(mode, overlay));
        Random random = new(5);
        using PacketArena arena = new(64, 2048, 256), single = new(1, 2048, 256);
        PacketFate[] fates = new PacketFate[64], fate = new PacketFate[1];
        for (int round = 1; round < 60; round++)
        {
            arena.Clear();
            byte[][] frames = [.. Enumerable.Range(0, 1 + (round % 64)).Select(_ => RandomFrame(random, cluster))];
            foreach (byte[] frame in frames)
                arena.TryAdd(frame, LinkType.Ethernet);
            one.Datapath.Process(arena.Burst(0), 4, round * 50, fates);
            for (int i = 0; i < frames.Length; i++)
            {
                single.Clear();
                single.TryAdd(frames[i], LinkType.Ethernet);
                other.Datapath.Process(single.Burst(0), 4, round * 50, fate);
                Assert.Equal((round, i, fate[0]), (round, i, fates[i]));
                Assert.Equal(single.Frame(0), arena.Frame(i));
            }
        }

        byte[] repeated = RandomFrame(new Random(6), cluster);
        Allocation.IsZero(() =>
        {
            arena.Clear();
            arena.TryAdd(repeated, LinkType.Ethernet);
            one.Datapath.Process(arena.Burst(0), 4, 5000, fates);
        });
    }

    private static byte[] RandomFrame(Random random, Cluster cluster)
    {
        ClusterPod[] local = [.. cluster.Pods.Where(pod => pod.Node == cluster.Nodes[0])];
        ClusterPod from = local[random.Next(local.Length)], to = cluster.Pods[random.Next(cluster.Pods.Count)];
        ClusterService service = cluster.Services[random.Next(cluster.Services.Count)];
        bool v6 = random.Next(3) == 0, toService = random.Next(3) > 0;
        string source = v6 ? $"{from.IPv6}" : $"{from.IPv4}";
        string destination = toService ? $"{service.ClusterIPs[v6 ? 1 : 0]}" : v6 ? $"{to.IPv6}" : $"{to.IPv4}";
        int port = toService ? service.Ports[0].Port : 8080;
        byte[] packet = random.Next(8) switch
        {
            0 => TestPacket.Udp(source, destination, 40000 + random.Next(20), port).Bytes,
            1 => TestPacket.Icmp(source, destination, v6 ? (byte)128 : (byte)8).Bytes,
            2 => Segment(source, destination, 40000 + random.Next(20), port, (byte)random.Next(64)).Bytes,
            _ => Segment(source, destination, 40000 + random.Next(20), port, random.Next(2) == 0 ? Syn : Ack).Bytes,
        };
        if (random.Next(16) == 0)
            packet[random.Next(packet.Length)] ^= (byte)(1 << random.Next(8));
        return [.. new byte[12], .. v6 ? new byte[] { 0x86, 0xdd } : [8, 0], .. packet];
    }

    private static void Converse(ClusterWire wire, Cluster cluster, ClusterService service, ClusterPod client, AddressFamily family, int sourcePort)
    {
        ServicePort port = service.Ports[0];
        IPAddress address = service.ClusterIP(family)!, own = (family == AddressFamily.InterNetwork ? client.IPv4 : client.IPv6)!;
        IPEndPoint asked = new(address, port.Port), asker = new(own, sourcePort);
        Arrival? first = null;
        foreach ((byte toServer, byte toClient) in ((byte, byte)[])[(Syn, SynAck), (Ack, Ack), (Ack, Ack)])
        {
            Arrival there = wire.FromPod(client.Node, Segment($"{own}", $"{address}", sourcePort, port.Port, toServer, 101, 501));
            AssertDelivered(there, port, family);
            first ??= there;
            Assert.Equal($"{first.To}", $"{there.To}");
            bool hairpin = there.To.Address.Equals(own);
            if (!hairpin)
                Assert.Equal($"{asker}", $"{there.From}");
            Arrival back = wire.FromPod(there.Node.Node, Segment($"{there.To.Address}", $"{there.From.Address}", there.To.Port, there.From.Port, toClient, 501, 101));
            Assert.True(back.Fate.Kind == FateKind.Delivered, back.Way);
            Assert.Equal(($"{asked}", $"{asker}"), ($"{back.From}", $"{back.To}"));
            Assert.True(back.Packet.ChecksumsAreRight());
        }
    }

    private static void AssertDelivered(Arrival arrival, ServicePort port, AddressFamily family)
    {
        Assert.True(arrival.Fate.Kind == FateKind.Delivered, arrival.Way);
        string[] endpoints = [.. port.Endpoints.Where(e => e.Address.AddressFamily == family).Select(e => $"{new IPEndPoint(e.Address, e.Port)}")];
        Assert.Contains($"{arrival.To}", endpoints);
        Assert.True(arrival.Packet.ChecksumsAreRight());
    }

    private static TestPacket Segment(string from, string to, int sourcePort, int destinationPort, byte flags, uint sequence = 100, uint ack = 0)
    {
        TestPacket packet = TestPacket.Tcp(from, to, sourcePort, destinationPort, flags);
        int tcp = from.Contains(':', StringComparison.Ordinal) ? 40 : 20;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.Bytes.AsSpan(tcp + 4), (flags & Syn) != 0 ? sequence - 1 : sequence);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.Bytes.AsSpan(tcp + 8), (flags & Ack) != 0 ? ack : 0);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(packet.Bytes.AsSpan(tcp + 14), 60_000);
        PacketChecksums.Write(packet.Bytes, packet.Info);
        return packet;
    }

    private static NodeOptions Options(DatapathMode mode, OverlayKind overlay) => new() { Mode = mode, Overlay = overlay, Connections = 4096, Selection = BackendSelection.Maglev, MaglevSize = 251 };

    /// <summary>Three nodes; services with node ports, the last with one endpoint.</summary>
    private static Cluster Small()
    {
        Cluster made = ClusterGenerator.Generate(new ClusterOptions { Services = 6, EndpointsPerService = 4, Families = IpFamilies.DualStack, Nodes = 3, OtherPods = 12, UdpShare = 0 });
        ClusterService[] services = [.. made.Services.Select((service, i) => service with
        {
            Ports = [.. service.Ports.Select(port => port with { NodePort = (ushort)(30000 + i), Endpoints = i < 5 ? port.Endpoints : [.. port.Endpoints.GroupBy(e => e.Address.AddressFamily).Select(g => g.First())] })],
        })];
        return new Cluster(made.Nodes, made.Pods, services, made.PodRanges, made.ServiceRanges);
    }
}
