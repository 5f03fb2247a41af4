using System.Net;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using Xunit;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>
/// Two nodes alike and random traffic through both: bursts through one, the same packets through the other one by one, in the way that is explained. Bytes, fates, connections
/// and counters are held to be the same.
/// </summary>
internal sealed class NodeComparison(Cluster cluster, NodeDatapath staged, NodeDatapath explained, long stepMs = 7000)
{
    private const int Rounds = 60;

    private readonly Random _random = new(11);
    private readonly List<byte[]> _sent = [];
    private readonly (string Address, ushort Port)[] _frontends = [.. Frontends(cluster, staged.Node)];
    private readonly string[] _inside = [.. cluster.Pods.Select(pod => $"{pod.IPv4 ?? pod.IPv6}")];

    public void Run()
    {
        using PacketArena burst = new(64, 1024, 256), single = new(1, 1024, 256);
        PacketFate[] fates = new PacketFate[64];
        for (int round = 1; round <= Rounds; round++)
        {
            ushort inInterface = (round % 4) switch { 0 => NodeDatapath.LinkInterface, 1 => Datapath.FromHost, _ => (ushort)4 };
            byte[][] frames = [.. Enumerable.Range(0, 1 + _random.Next(64)).Select(_ => Frame())];
            burst.Clear();
            foreach (byte[] frame in frames)
                burst.TryAdd(frame);
            staged.Datapath.Process(burst.Burst(0), inInterface, round * stepMs, fates);
            for (int i = 0; i < frames.Length; i++)
            {
                single.Clear();
                single.TryAdd(frames[i]);
                explained.Datapath.ExplainInPlace(single.Burst(0), inInterface, round * stepMs, out PacketFate fate);
                Assert.Equal((round, i, fate), (round, i, fates[i]));
                Assert.Equal(single.Frame(0), burst.Frame(i));
                if (fate.Kind != FateKind.Dropped)
                    _sent.Add(burst.Frame(i).ToArray());
            }
        }

        Assert.Equal(Connections(explained), Connections(staged));
        Assert.Equal(Counters(explained), Counters(staged));
        foreach (FateKind kind in Enum.GetValues<FateKind>())
            Assert.Equal((kind, explained.Datapath.Count(kind)), (kind, staged.Datapath.Count(kind)));
        foreach (DropReason reason in Enum.GetValues<DropReason>())
            Assert.Equal((reason, explained.Datapath.Count(reason)), (reason, staged.Datapath.Count(reason)));
    }

    // Which of the connections that are over have left already depends on the places they had.
    private static int Connections(NodeDatapath node)
    {
        if (node.Datapath is EbpfDatapath ebpf)
            return ebpf.Connections;
        node.Connections!.Collect(Rounds * 7000, int.MaxValue);
        return node.Connections.Count;
    }

    private static string Counters(NodeDatapath node) => node.RulesV4 is { } rules ? IptablesSaveWriter.Write(rules.Snapshot(), counters: true) : "";

    private static IEnumerable<(string, ushort)> Frontends(Cluster cluster, ClusterNode node)
    {
        foreach (ClusterService service in cluster.Services)
        {
            foreach (IPAddress address in service.ClusterIPs.Concat(service.ExternalIPs).Concat(service.LoadBalancerIPs))
                yield return ($"{address}", service.Ports[0].Port);
            foreach (IPAddress address in node.Addresses)
                yield return ($"{address}", service.Ports[0].NodePort);
        }
    }

    private byte[] Frame()
    {
        if (_sent.Count > 0 && _random.Next(3) == 0)
            return Answer(_sent[^(1 + _random.Next(Math.Min(64, _sent.Count)))]);
        string source = _random.Next(5) == 0 ? "203.0.113.7" : _inside[_random.Next(_inside.Length)];
        (string to, ushort port) = _random.Next(5) == 0 ? (_inside[_random.Next(_inside.Length)], (ushort)8080) : _frontends[_random.Next(_frontends.Length)];
        if (source.Contains(':', StringComparison.Ordinal) != to.Contains(':', StringComparison.Ordinal))
            source = to.Contains(':', StringComparison.Ordinal) ? "2001:db8:7::7" : "203.0.113.7";
        return new FrameSpec
        {
            Source = source,
            Destination = to,
            SourcePort = (ushort)(1000 + _random.Next(12)),
            DestinationPort = port,
            Protocol = _random.Next(6) switch { 0 => IpProtocol.Udp, 1 when _random.Next(4) == 0 => IpProtocol.Icmp, _ => IpProtocol.Tcp },
            TcpFlags = (TcpFlags)_random.Next(32),
            Ttl = (byte)(_random.Next(10) == 0 ? _random.Next(3) : 64),
            Payload = new byte[_random.Next(20)],
            Options = _random.Next(10) == 0 ? [1, 1, 1, 1] : [],
        }.ToBytes();
    }

    /// <summary>What went out with both sides exchanged: an answer, when it is a plain packet of IPv4.</summary>
    private static byte[] Answer(byte[] sent)
    {
        byte[] answer = [.. sent];
        if (answer.Length < 42 || answer[12] != 8)
            return answer;
        int transport = 14 + ((answer[14] & 15) * 4);
        (answer[26], answer[27], answer[28], answer[29], answer[30], answer[31], answer[32], answer[33]) = (answer[30], answer[31], answer[32], answer[33], answer[26], answer[27], answer[28], answer[29]);
        (answer[transport], answer[transport + 1], answer[transport + 2], answer[transport + 3]) = (answer[transport + 2], answer[transport + 3], answer[transport], answer[transport + 1]);
        return answer;
    }
}
