using System.Buffers.Binary;
using System.Net;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>Connections from one pod's network to a cluster's Services: flow n has a client address and port of its own, and a Service drawn evenly.</summary>
internal sealed class DatapathTraffic : IDisposable
{
    /// <summary>Frames a call.</summary>
    public const int Burst = 32;

    private const int FrameBytes = 64, Network = 14, Transport = 34, FirstPort = 1024, PortsPerClient = 60_000;

    private readonly NodeDatapath _node;
    private readonly uint[] _clients;
    private readonly (uint Address, ushort Port)[] _services;
    private readonly uint[] _order;
    private readonly int _flows;
    private readonly byte[] _frame = new byte[FrameBytes];
    private uint _nextNew;
    private int _next;

    /// <summary>Prepares for so many known connections, and arenas of so many frames.</summary>
    public DatapathTraffic(Cluster cluster, NodeDatapath node, int flows, int frames)
    {
        (_node, _flows, _nextNew) = (node, flows, (uint)flows);
        ClusterPod pod = cluster.Pods.First(p => p.Node == node.Node);
        Interface = node.InterfaceOf(pod.IPv4!);
        _clients = [.. cluster.Pods.Where(p => p.Node == node.Node).Select(p => WordOf(p.IPv4!))];
        _services = [.. cluster.Services.Select(service => (WordOf(service.ClusterIP(System.Net.Sockets.AddressFamily.InterNetwork)!), service.Ports[0].Port))];
        _order = [.. Enumerable.Range(0, flows).Select(i => (uint)i)];
        new Random(11).Shuffle(_order);
        Arena = new PacketArena(frames, 256);
        WriteTemplate();
        for (int i = 0; i < frames; i++)
            Arena.TryAdd(_frame, LinkType.Ethernet);
    }

    public PacketArena Arena { get; }

    /// <summary>Where the packets come in.</summary>
    public ushort Interface { get; }

    /// <summary>Opens all known connections: SYN, the backend's answer, ACK.</summary>
    /// <returns>How many got all three through.</returns>
    public int Open(long nowMs)
    {
        int opened = 0;
        PacketFate[] fates = new PacketFate[1];
        using PacketArena one = new(1, 256);
        for (uint flow = 0; flow < _flows; flow++)
        {
            if (!Send(one, fates, flow, TcpFlags.Syn, Interface, nowMs))
                continue;
            byte[] answer = AnswerTo(one.Frame(0));
            one.Clear();
            one.TryAdd(answer, LinkType.Ethernet);
            _node.Datapath.Process(one.Burst(0), NodeDatapath.LinkInterface, nowMs, fates);
            opened += fates[0].Kind is FateKind.Delivered && Send(one, fates, flow, TcpFlags.Ack, Interface, nowMs) ? 1 : 0;
        }

        return opened;
    }

    /// <summary>Fills the arena with segments of known connections.</summary>
    public void PrepareKnown()
    {
        Arena.Clear();
        for (int i = 0; i < Arena.Capacity; i++)
        {
            Add(Arena, _order[_next], TcpFlags.Ack);
            _next = _next + 1 == _order.Length ? 0 : _next + 1;
        }
    }

    /// <summary>Fills the arena with SYNs of connections never seen.</summary>
    public void PrepareNew()
    {
        Arena.Clear();
        for (int i = 0; i < Arena.Capacity; i++)
            Add(Arena, _nextNew++, TcpFlags.Syn);
    }

    public void Dispose() => Arena.Dispose();

    private bool Send(PacketArena one, PacketFate[] fates, uint flow, TcpFlags flags, ushort inInterface, long nowMs)
    {
        one.Clear();
        Add(one, flow, flags);
        _node.Datapath.Process(one.Burst(0), inInterface, nowMs, fates);
        return fates[0].Kind is FateKind.Forwarded or FateKind.Delivered;
    }

    /// <summary>Client addresses beyond the node's pods are of the pod range all the same: no rule knows them apart.</summary>
    private void Add(PacketArena arena, uint flow, TcpFlags flags)
    {
        uint client = flow / PortsPerClient;
        (uint address, ushort port) = _services[(int)((ulong)(flow * 2654435761u) * (uint)_services.Length >> 32)];
        Span<byte> packet = _frame.AsSpan(Network);
        BinaryPrimitives.WriteUInt32BigEndian(packet[12..], _clients[(int)(client % (uint)_clients.Length)] ^ (client / (uint)_clients.Length << 8));
        BinaryPrimitives.WriteUInt32BigEndian(packet[16..], address);
        Span<byte> segment = _frame.AsSpan(Transport);
        BinaryPrimitives.WriteUInt16BigEndian(segment, (ushort)(FirstPort + (flow % PortsPerClient)));
        BinaryPrimitives.WriteUInt16BigEndian(segment[2..], port);
        BinaryPrimitives.WriteUInt32BigEndian(segment[4..], flags == TcpFlags.Syn ? 100u : 101);
        BinaryPrimitives.WriteUInt32BigEndian(segment[8..], flags == TcpFlags.Syn ? 0u : 501);
        segment[13] = (byte)flags;
        arena.TryAdd(_frame, LinkType.Ethernet);
    }

    /// <summary>The backend's SYN-ACK to what left the node, out of its tunnel.</summary>
    private static byte[] AnswerTo(ReadOnlySpan<byte> sent)
    {
        byte[] answer = sent[^FrameBytes..].ToArray();
        Span<byte> packet = answer.AsSpan(Network);
        (uint from, uint to) = (BinaryPrimitives.ReadUInt32BigEndian(packet[12..]), BinaryPrimitives.ReadUInt32BigEndian(packet[16..]));
        BinaryPrimitives.WriteUInt32BigEndian(packet[12..], to);
        BinaryPrimitives.WriteUInt32BigEndian(packet[16..], from);
        Span<byte> segment = answer.AsSpan(Transport);
        (segment[0], segment[1], segment[2], segment[3]) = (segment[2], segment[3], segment[0], segment[1]);
        BinaryPrimitives.WriteUInt32BigEndian(segment[4..], 500);
        BinaryPrimitives.WriteUInt32BigEndian(segment[8..], 101);
        segment[13] = (byte)(TcpFlags.Syn | TcpFlags.Ack);
        return answer;
    }

    private void WriteTemplate()
    {
        EthernetWriter.Write(_frame, default, default, 0x0800);
        Span<byte> packet = _frame.AsSpan(Network);
        packet[0] = 0x45;
        packet[3] = FrameBytes - Network;
        packet[6] = 0x40;
        packet[8] = 64;
        packet[9] = (byte)IpProtocol.Tcp;
        Span<byte> segment = _frame.AsSpan(Transport);
        segment[12] = 5 << 4;
        BinaryPrimitives.WriteUInt16BigEndian(segment[14..], 60_000);
    }

    private static uint WordOf(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());
}
