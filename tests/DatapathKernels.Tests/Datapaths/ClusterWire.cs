using System.Net;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>Nodes of a cluster and the link between them: a packet goes from node to node until somebody has it.</summary>
internal sealed class ClusterWire : IDisposable
{
    private const int MostHops = 4;

    private readonly Dictionary<MacAddress, NodeDatapath> _byMac = [];

    public ClusterWire(Cluster cluster, NodeOptions options, int nodes)
    {
        foreach (ClusterNode node in cluster.Nodes.Take(nodes))
        {
            NodeDatapath built = NodeDatapath.Build(cluster, options with { NodeName = node.Name });
            _byMac[built.Datapath.Network.Mac] = built;
        }
    }

    public IEnumerable<NodeDatapath> Nodes => _byMac.Values;

    public long NowMs { get; set; } = 1000;

    /// <summary>Lines of the packet's way, when asked for.</summary>
    public List<string>? Way { get; set; }

    public NodeDatapath NodeOf(string name) => _byMac.Values.First(node => node.Node.Name == name);

    /// <summary>Sends a packet from a pod of a node, and follows it.</summary>
    public Arrival FromPod(ClusterNode node, TestPacket packet) => Follow(NodeOf(node.Name), NodeOf(node.Name).InterfaceOf(SourceOf(packet.Bytes)), packet.Bytes);

    /// <summary>Sends a packet from outside the cluster to a node.</summary>
    public Arrival FromWorld(ClusterNode node, TestPacket packet) => Follow(NodeOf(node.Name), NodeDatapath.LinkInterface, packet.Bytes);

    public void Dispose()
    {
        foreach (NodeDatapath node in _byMac.Values)
            node.Dispose();
    }

    private Arrival Follow(NodeDatapath node, ushort inInterface, byte[] packet)
    {
        byte[] frame = [.. new byte[12], .. packet[0] >> 4 == 4 ? new byte[] { 8, 0 } : [0x86, 0xdd], .. packet];
        List<string> way = [];
        for (int hops = 0; hops < MostHops; hops++)
        {
            using PacketArena arena = new(1, 4096, 256);
            arena.TryAdd(frame, LinkType.Ethernet);
            PacketFate[] fates = new PacketFate[1];
            node.Datapath.Process(arena.Burst(0), inInterface, NowMs, fates);
            PacketFate fate = fates[0];
            way.Add($"{node.Node.Name}: {fate}");
            frame = arena.Frame(0).ToArray();
            bool goesOn = fate.Kind is FateKind.Forwarded or FateKind.Answered && node.Datapath.Network.HopOf(fate.NextHop).Kind is RouteTargetKind.Gateway or RouteTargetKind.Tunnel;
            if (!goesOn || !_byMac.TryGetValue(new MacAddress(frame), out NodeDatapath? next))
                return new Arrival(fate, node, fate.Kind == FateKind.Dropped ? [] : Inside(frame), string.Join("; ", way));
            (node, inInterface) = (next, NodeDatapath.LinkInterface);
        }

        throw new InvalidOperationException($"the packet goes round and round: {string.Join("; ", way)}");
    }

    private static byte[] Inside(byte[] frame)
    {
        FlowParser.Parse(frame, out _, out _, out PacketInfo info);
        return frame[info.L3Offset..(info.L3Offset + (int)info.L3Length)];
    }

    private static IPAddress SourceOf(byte[] packet) => packet[0] >> 4 == 4 ? new IPAddress(packet.AsSpan(12, 4)) : new IPAddress(packet.AsSpan(8, 16));
}
