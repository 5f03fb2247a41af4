using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using DatapathKernels.Tests.Formats.Clusters;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>The node of an upstream case as a whole datapath in one mode: flows go in as frames, and what comes out is read as upstream's tracer would say it.</summary>
internal sealed class CaseNode : IDisposable
{
    private static readonly IPNetwork PodsV4 = IPNetwork.Parse("10.0.0.0/8"), PodsV6 = IPNetwork.Parse("fd00:10::/64");

    private readonly NodeDatapath _node;
    private readonly string _podRange;
    private int _nextPort = 20_000;

    public CaseNode(JsonElement model, IReadOnlyList<IPAddress> addresses, DatapathMode mode, OverlayKind overlay)
    {
        JsonElement config = model.GetProperty("config");
        KubeProxyOptions proxy = KubernetesModel.Options(config) with { BaseChains = true };
        _podRange = KubernetesModel.Text(config, "podCIDR");
        Cluster = Complete(KubernetesModel.Load(model), proxy, addresses);
        _node = NodeDatapath.Build(Cluster, new NodeOptions { Mode = mode, Overlay = overlay, NodeName = proxy.NodeName, Connections = 4096, KubeProxy = proxy });
    }

    public Cluster Cluster { get; }

    public ClusterNode Node => _node.Node;

    /// <summary>The flow's first packet: an endpoint, REJECT, DROP or nothing, and whether it left in the node's name; null where the node sent it, and one cannot tell.</summary>
    public (string Output, bool? Masquerades) Answer(JsonElement flow)
    {
        string source = flow.GetProperty("sourceIP").GetString()!, destination = flow.GetProperty("destIP").GetString()!;
        TestPacket packet = ServicePackets.First(flow.GetProperty("protocol").GetString()!, source, destination, _nextPort++, flow.GetProperty("destPort").GetInt32());
        string before = packet.Destination;
        byte[] frame = [.. new byte[12], .. packet.Bytes[0] >> 4 == 4 ? new byte[] { 8, 0 } : [0x86, 0xdd], .. packet.Bytes];
        using PacketArena arena = new(1, 2048, 256);
        arena.TryAdd(frame, LinkType.Ethernet);
        PacketFate[] fates = new PacketFate[1];
        _node.Datapath.Process(arena.Burst(0), InterfaceOf(IPAddress.Parse(source)), 1000, fates);
        if (fates[0].Kind is FateKind.Answered or FateKind.Dropped)
            return (fates[0].Kind == FateKind.Answered ? "REJECT" : "DROP", null);
        TestPacket sent = new() { Bytes = arena.Frame(0)[^packet.Bytes.Length..].ToArray() };
        return sent.Destination == before ? ("", null) : (sent.Destination, Node.Addresses.Contains(IPAddress.Parse(source)) ? null : SourceOf(sent) != SourceOf(packet));
    }

    /// <summary>True when a packet with that source comes in by the link.</summary>
    public bool IsFromOutside(IPAddress source) => InterfaceOf(source) == NodeDatapath.LinkInterface;

    public void Dispose() => _node.Dispose();

    /// <summary>The case's node has the addresses the case says, all others one each; pods stay where they were.</summary>
    private static Cluster Complete(Cluster read, KubeProxyOptions proxy, IReadOnlyList<IPAddress> addresses)
    {
        List<ClusterNode> nodes = [new(proxy.NodeName!, ZoneOf(read, proxy.NodeName!), [.. addresses.Prepend(proxy.NodeIP!).Distinct()], [])];
        foreach (ClusterNode other in read.Nodes.Where(node => node.Name != proxy.NodeName))
            nodes.Add(other with { Addresses = [IPAddress.Parse($"198.18.0.{nodes.Count}"), IPAddress.Parse($"2001:2::{nodes.Count}")] });
        ClusterPod[] pods = [.. read.Pods.Select(pod => pod with { Node = nodes.Find(node => node.Name == pod.Node.Name) ?? pod.Node })];
        IPNetwork[] ranges = proxy.DetectLocalTraffic && proxy.PodRange is { } range ? [range] : [];
        return new Cluster(nodes, pods, read.Services, ranges, []);
    }

    private static string ZoneOf(Cluster cluster, string node) => cluster.Nodes.FirstOrDefault(n => n.Name == node)?.Zone ?? "";

    private ushort InterfaceOf(IPAddress source)
    {
        if (_node.Node.Addresses.Contains(source) || IPAddress.IsLoopback(source))
            return Datapath.FromHost;
        IPNetwork pods = _podRange.Length > 0 ? IPNetwork.Parse(_podRange) : source.AddressFamily == AddressFamily.InterNetwork ? PodsV4 : PodsV6;
        return pods.Contains(source) ? _node.InterfaceOf(source) : NodeDatapath.LinkInterface;
    }

    private static string SourceOf(TestPacket packet) =>
        new IPAddress(packet.Bytes[0] >> 4 == 4 ? packet.Bytes.AsSpan(12, 4) : packet.Bytes.AsSpan(8, 16)).ToString();
}
