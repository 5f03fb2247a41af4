using System.Net;
using System.Net.Sockets;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>A node's own errors about packets it had translated already: they quote what their sender sent, in every mode.</summary>
public class DatapathErrorTests
{
    private const string WorldV4 = "203.0.113.7", WorldV6 = "2001:db8:7::7";

    public static TheoryData<DatapathMode, OverlayKind, AddressFamily> Modes
    {
        get
        {
            TheoryData<DatapathMode, OverlayKind, AddressFamily> modes = [];
            foreach (DatapathMode mode in Enum.GetValues<DatapathMode>())
            {
                foreach (OverlayKind overlay in (OverlayKind[])[OverlayKind.None, OverlayKind.Vxlan])
                {
                    modes.Add(mode, overlay, AddressFamily.InterNetwork);
                    modes.Add(mode, overlay, AddressFamily.InterNetworkV6);
                }
            }

            return modes;
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_pod_whose_packet_to_a_service_expires_finds_it_quoted(DatapathMode mode, OverlayKind overlay, AddressFamily family)
    {
        Cluster cluster = Small();
        using ClusterWire wire = new(cluster, Options(mode, overlay), cluster.Nodes.Count);
        ClusterPod pod = cluster.Pods.First(p => p.Node == cluster.Nodes[0]);
        foreach (ClusterService service in cluster.Services)
        {
            TestPacket packet = ServicePackets.First(Protocol(service), Of(pod, family), $"{service.ClusterIP(family)}", 42_000, service.Ports[0].Port);
            AssertQuotes(wire.FromPod(pod.Node, Expiring(packet)), packet, DropReason.TtlExceeded);
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void The_world_finds_its_packet_to_a_node_port_quoted(DatapathMode mode, OverlayKind overlay, AddressFamily family)
    {
        Cluster cluster = Small();
        using ClusterWire wire = new(cluster, Options(mode, overlay), 1);
        string node = $"{cluster.Nodes[0].Addresses.First(address => address.AddressFamily == family)}";
        foreach (ClusterService service in cluster.Services)
        {
            TestPacket packet = ServicePackets.First(Protocol(service), family == AddressFamily.InterNetwork ? WorldV4 : WorldV6, node, 42_000, service.Ports[0].NodePort);
            AssertQuotes(wire.FromWorld(cluster.Nodes[0], Expiring(packet)), packet, DropReason.TtlExceeded);
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_backend_whose_answer_expires_finds_it_quoted(DatapathMode mode, OverlayKind overlay, AddressFamily family)
    {
        Cluster cluster = Small();
        using ClusterWire wire = new(cluster, Options(mode, overlay), cluster.Nodes.Count);
        ClusterPod pod = cluster.Pods.First(p => p.Node == cluster.Nodes[0]);
        foreach (ClusterService service in cluster.Services)
        {
            for (int port = 42_000; port < 42_008; port++)
            {
                Arrival asked = wire.FromPod(pod.Node, ServicePackets.First(Protocol(service), Of(pod, family), $"{service.ClusterIP(family)}", port, service.Ports[0].Port));
                Assert.Equal(FateKind.Delivered, asked.Fate.Kind);
                TestPacket answer = ServicePackets.Answer(asked);
                AssertQuotes(wire.FromPod(asked.Node.Node, Expiring(answer)), answer, DropReason.TtlExceeded);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_client_learns_the_path_to_a_service(DatapathMode mode, OverlayKind overlay, AddressFamily family)
    {
        Cluster cluster = Small();
        using ClusterWire wire = new(cluster, Options(mode, overlay), cluster.Nodes.Count);
        ClusterPod pod = cluster.Pods.First(p => p.Node == cluster.Nodes[0]);
        foreach (ClusterService service in cluster.Services)
        {
            (int told, bool isTunnelled) = (0, false);
            for (int port = 42_000; port < 42_008; port++)
            {
                TestPacket packet = Large(ServicePackets.First(Protocol(service), Of(pod, family), $"{service.ClusterIP(family)}", port, service.Ports[0].Port), 1480);
                Arrival arrival = wire.FromPod(pod.Node, packet);
                isTunnelled |= arrival.Fate.Kind == FateKind.Answered;
                Assert.True(arrival.Fate.Kind is FateKind.Delivered or FateKind.Answered, arrival.Way);
                if (arrival.Fate.Kind == FateKind.Answered)
                {
                    AssertQuotes(arrival, packet, DropReason.TooBig);
                    (int field, int ttl, int header) = family == AddressFamily.InterNetwork ? (26, 8, 20) : (46, 7, 40);
                    Assert.Equal(packet.Bytes[ttl], arrival.Bytes[header + 8 + ttl]);
                    Assert.Equal(1450, (arrival.Bytes[field] << 8) | arrival.Bytes[field + 1]);
                    told++;
                }
            }

            Assert.Equal(overlay != OverlayKind.None, told > 0 && isTunnelled);
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_backend_that_refuses_is_heard_in_the_services_name(DatapathMode mode, OverlayKind overlay, AddressFamily family)
    {
        Cluster cluster = Small();
        using ClusterWire wire = new(cluster, Options(mode, overlay), cluster.Nodes.Count);
        ClusterPod pod = cluster.Pods.First(p => p.Node == cluster.Nodes[0]);
        foreach (ClusterService service in cluster.Services)
        {
            for (int port = 42_000; port < 42_008; port++)
            {
                TestPacket packet = ServicePackets.First(Protocol(service), Of(pod, family), $"{service.ClusterIP(family)}", port, service.Ports[0].Port);
                Arrival asked = wire.FromPod(pod.Node, packet);
                Arrival told = wire.FromPod(asked.Node.Node, Unreachable(asked, $"{asked.To.Address}"));
                Assert.True(told.Fate.Kind == FateKind.Delivered, told.Way);
                Assert.Equal($"{service.ClusterIP(family)}", $"{told.From.Address}");
                AssertQuotes(told, packet);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_refusal_reaches_the_world_through_a_node_port(DatapathMode mode, OverlayKind overlay, AddressFamily family)
    {
        Cluster cluster = Small();
        using ClusterWire wire = new(cluster, Options(mode, overlay), cluster.Nodes.Count);
        string node = $"{cluster.Nodes[0].Addresses.First(address => address.AddressFamily == family)}";
        foreach (ClusterService service in cluster.Services)
        {
            for (int port = 42_000; port < 42_008; port++)
            {
                TestPacket packet = ServicePackets.First(Protocol(service), family == AddressFamily.InterNetwork ? WorldV4 : WorldV6, node, port, service.Ports[0].NodePort);
                Arrival asked = wire.FromWorld(cluster.Nodes[0], packet);
                Assert.True(asked.Fate.Kind == FateKind.Delivered, asked.Way);
                Arrival told = wire.FromPod(asked.Node.Node, Unreachable(asked, $"{asked.To.Address}"));
                Assert.True(told.Fate.Kind == FateKind.Forwarded, told.Way);
                Assert.Equal(node, $"{told.From.Address}");
                AssertQuotes(told, packet);
            }
        }
    }

    /// <summary>What a host tells of a packet that reached it on a port nobody listens on.</summary>
    private static TestPacket Unreachable(Arrival asked, string host)
    {
        byte[] error = new byte[1280], from = new byte[16];
        IPAddress.Parse(host).TryWriteBytes(from, out _);
        int length = IcmpErrorWriter.Write(asked.Bytes, asked.Packet.Info, asked.Bytes.Length, asked.IsV4 ? (byte)3 : (byte)1, asked.IsV4 ? (byte)3 : (byte)4, 0, new IPv6Address(from), error);
        return new TestPacket { Bytes = error[..length] };
    }

    private static void AssertQuotes(Arrival arrival, TestPacket packet, DropReason reason)
    {
        Assert.True(arrival.Fate is { Kind: FateKind.Answered } fate && fate.Reason == reason, arrival.Way);
        AssertQuotes(arrival, packet);
    }

    /// <summary>The error goes to the packet's sender, who finds the addresses and ports of its own packet in it.</summary>
    private static void AssertQuotes(Arrival arrival, TestPacket packet)
    {
        const int Ports = 4;
        bool v4 = packet.Bytes[0] >> 4 == 4;
        (int header, int addresses) = v4 ? (20, 12) : (40, 8);
        Assert.Equal(packet.Bytes[addresses..(addresses + (v4 ? 4 : 16))], arrival.Bytes[(addresses + (v4 ? 4 : 16))..(addresses + (v4 ? 8 : 32))]);
        byte[] quoted = arrival.Bytes[(header + 8)..];
        Assert.Equal(packet.Bytes[addresses..(header + Ports)], quoted[addresses..(header + Ports)]);
        Assert.True(arrival.Packet.ChecksumsAreRight());
    }

    private static TestPacket Expiring(TestPacket packet)
    {
        TestPacket expiring = packet.Copy();
        expiring.Bytes[packet.Bytes[0] >> 4 == 4 ? 8 : 7] = 1;
        PacketChecksums.Write(expiring.Bytes, expiring.Info);
        return expiring;
    }

    /// <summary>The packet with zeros behind it, and not to be fragmented.</summary>
    private static TestPacket Large(TestPacket packet, int length)
    {
        byte[] bytes = [.. packet.Bytes, .. new byte[length - packet.Bytes.Length]];
        bool v4 = bytes[0] >> 4 == 4;
        int claimed = v4 ? length : length - 40, header = v4 ? 20 : 40;
        (bytes[v4 ? 2 : 4], bytes[v4 ? 3 : 5]) = ((byte)(claimed >> 8), (byte)claimed);
        if (v4)
            bytes[6] = 0x40;
        if (packet.Info.Protocol == IpProtocol.Udp)
            (bytes[header + 4], bytes[header + 5]) = ((byte)((length - header) >> 8), (byte)(length - header));
        TestPacket large = new() { Bytes = bytes };
        PacketChecksums.Write(bytes, large.Info);
        return large;
    }

    private static string Of(ClusterPod pod, AddressFamily family) => $"{(family == AddressFamily.InterNetwork ? pod.IPv4 : pod.IPv6)}";

    private static string Protocol(ClusterService service) => service.Ports[0].Protocol.ToString().ToLowerInvariant();

    private static NodeOptions Options(DatapathMode mode, OverlayKind overlay) => new() { Mode = mode, Overlay = overlay, Connections = 4096, Selection = BackendSelection.Maglev, MaglevSize = 251 };

    /// <summary>Two nodes; services of TCP and UDP with node ports.</summary>
    private static Cluster Small()
    {
        Cluster made = ClusterGenerator.Generate(new ClusterOptions { Services = 4, EndpointsPerService = 4, Families = IpFamilies.DualStack, Nodes = 2, OtherPods = 12, UdpShare = 0 });
        ClusterService[] services = [.. made.Services.Select((service, i) => service with
        {
            Ports = [.. service.Ports.Select(port => port with { NodePort = (ushort)(30000 + i), Protocol = i % 2 == 0 ? IpProtocol.Tcp : IpProtocol.Udp })],
        })];
        return new Cluster(made.Nodes, made.Pods, services, made.PodRanges, made.ServiceRanges);
    }
}
