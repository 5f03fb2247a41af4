using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>A node in nftables mode beside the same node in iptables mode.</summary>
public class NftablesDatapathTests
{
    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public void Every_service_goes_to_one_of_its_endpoints_and_what_iptables_refuses_is_refused(AddressFamily family)
    {
        Cluster cluster = ClusterGenerator.Generate(new() { Services = 60, EndpointsPerService = 3, NotReadyShare = 0.5, AffinityShare = 0.2, Families = IpFamilies.DualStack });
        using NodeDatapath nftables = NodeDatapath.Build(cluster, new NodeOptions { Mode = DatapathMode.Nftables, Connections = 4096 });
        using NodeDatapath iptables = NodeDatapath.Build(cluster, new NodeOptions { Mode = DatapathMode.IptablesIndexed, Connections = 4096 });
        ClusterPod pod = cluster.Pods.First(p => p.Node.Name == nftables.Node.Name);
        IPAddress client = family == AddressFamily.InterNetwork ? pod.IPv4! : pod.IPv6!;
        foreach (ClusterService service in cluster.Services)
        {
            ServicePort port = service.Ports[0];
            string[] ready = [.. port.Endpoints.Where(e => e.Ready && e.Address.AddressFamily == family).Select(EndpointSelection.Text)];
            TestPacket packet = TestPacket.OfProtocol(port.Protocol.ToString().ToLowerInvariant(), client.ToString(), service.ClusterIP(family)!.ToString(), port.Port);
            (PacketFate fate, TestPacket sent) = Send(nftables, client, packet);
            (PacketFate expected, _) = Send(iptables, client, packet);
            // Which endpoint, and so whether it is on this node, is drawn by each.
            Assert.Equal(expected.Reason, fate.Reason);
            if (ready.Length == 0)
                continue;
            Assert.Contains(sent.Destination, ready);
            Assert.True(sent.ChecksumsAreRight());

            // The connection keeps its endpoint.
            Assert.Equal(sent.Destination, Send(nftables, client, packet).Packet.Destination);
        }
    }

    private static (PacketFate Fate, TestPacket Packet) Send(NodeDatapath node, IPAddress client, TestPacket packet)
    {
        byte[] frame = new byte[14 + packet.Bytes.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), (ushort)(packet.Bytes[0] >> 4 == 4 ? 0x0800 : 0x86dd));
        packet.Bytes.CopyTo(frame, 14);
        using PacketArena arena = new(1, 2048, 256);
        arena.TryAdd(frame, LinkType.Ethernet);
        PacketFate[] fates = new PacketFate[1];
        PacketBurst burst = arena.Burst(0);
        node.Datapath.Process(burst, node.InterfaceOf(client), 1000, fates);
        return (fates[0], new TestPacket { Bytes = burst[0][14..].ToArray() });
    }
}
