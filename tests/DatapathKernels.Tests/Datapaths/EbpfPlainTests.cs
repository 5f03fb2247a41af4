using System.Net;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>
/// The stages that take plain packets through an eBPF node against the way that is explained, which takes packets one by one and knows no stages: the same bytes, fates and
/// entries, with maps so small that every burst evicts, and with maps in which entries stay and are used many times a second.
/// </summary>
public class EbpfPlainTests
{
    [Theory]
    [InlineData(BackendSelection.Random, 48, 7000)]
    [InlineData(BackendSelection.Maglev, 48, 7000)]
    [InlineData(BackendSelection.Random, 160, 300)]
    [InlineData(BackendSelection.Random, 4096, 150)]
    public void Stages_do_what_is_explained(BackendSelection selection, int connections, long stepMs) => Property.Check(
        RandomServices.Clusters,
        drawn =>
        {
            NodeOptions options = new() { Mode = DatapathMode.Ebpf, Overlay = drawn.Overlay, Connections = connections, Selection = selection, MaglevSize = 251, Seed = 7 };
            using NodeDatapath staged = NodeDatapath.Build(drawn.Cluster, options), explained = NodeDatapath.Build(drawn.Cluster, options);
            new NodeComparison(drawn.Cluster, staged, explained, stepMs).Run();
        },
        count: 12);

    [Fact]
    public void A_route_that_changes_is_taken_at_once()
    {
        using NodeNetwork network = new(default);
        network.AddRoute(IPNetwork.Parse("10.0.0.0/8"), new RouteTarget(RouteTargetKind.Pod, new MacAddress([1, 1, 1, 1, 1, 1]), 1));
        using EbpfDatapath node = new(network, new EbpfOptions { Connections = 64, Services = 64, Translations = 64, HasV6 = false });
        node.SetService(new EbpfService(IPAddress.Parse("10.96.0.10"), 80, IpProtocol.Tcp, [new IPEndPoint(IPAddress.Parse("10.1.0.5"), 8080)]));
        for (int round = 0; round < 3; round++)
        {
            byte[] mac = [2, 2, 2, 2, 2, (byte)round];
            if (round > 0)
                network.AddRoute(IPNetwork.Parse("10.1.0.5/32"), new RouteTarget(RouteTargetKind.Gateway, new MacAddress(mac), 2));
            using PacketArena arena = new(1, 512, 128);
            arena.TryAdd(new FrameSpec().ToBytes());
            PacketFate[] fates = new PacketFate[1];
            node.Process(arena.Burst(0), 7, 1000, fates);
            Assert.Equal(round == 0 ? FateKind.Delivered : FateKind.Forwarded, fates[0].Kind);
            Assert.Equal(round == 0 ? [1, 1, 1, 1, 1, 1] : mac, arena.Frame(0)[..6].ToArray());
        }
    }

    [Fact]
    public void Backends_change_and_services_come_and_go()
    {
        using NodeNetwork network = new(default);
        network.AddRoute(IPNetwork.Parse("0.0.0.0/0"), new RouteTarget(RouteTargetKind.Gateway, default, 1));
        using EbpfDatapath node = new(network, new EbpfOptions { Connections = 4096, Services = 2048, Translations = 64, HasV6 = false });
        Random random = new(3);
        Dictionary<ushort, HashSet<string>> expected = [];
        for (int change = 0; change < 4000; change++)
        {
            // Long runs and short ones, so that some are written in their place, some elsewhere, and all of them again.
            ushort port = (ushort)(1 + random.Next(300));
            if (random.Next(8) == 0)
            {
                Assert.Equal(expected.Remove(port), node.RemoveService(IPAddress.Parse("10.96.0.10"), port, IpProtocol.Tcp));
                continue;
            }

            IPEndPoint[] backends = [.. Enumerable.Range(0, 1 + random.Next(9)).Select(_ => new IPEndPoint(IPAddress.Parse($"10.1.{random.Next(4)}.{random.Next(250)}"), 8080))];
            node.SetService(new EbpfService(IPAddress.Parse("10.96.0.10"), port, IpProtocol.Tcp, backends));
            expected[port] = [.. backends.Select(backend => $"{backend.Address}")];
        }

        using PacketArena arena = new(1, 512, 128);
        PacketFate[] fates = new PacketFate[1];
        for (ushort port = 1; port <= 300; port++)
        {
            for (int i = 0; i < 5; i++)
            {
                arena.Clear();
                arena.TryAdd(new FrameSpec { SourcePort = (ushort)(1000 + i), DestinationPort = port }.ToBytes());
                node.Process(arena.Burst(0), 7, 1000, fates);
                string to = $"{new IPAddress(arena.Frame(0).Slice(30, 4))}";
                Assert.True(expected.TryGetValue(port, out HashSet<string>? backends) ? backends.Contains(to) : to == "10.96.0.10", $"port {port} went to {to}");
            }
        }
    }
}
