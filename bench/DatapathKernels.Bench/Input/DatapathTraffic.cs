using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Formats.Traffic;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>Connections from one pod's network to a cluster's Services: flow n has a client address and port of its own, and a Service drawn evenly.</summary>
internal sealed class DatapathTraffic : IDisposable
{
    /// <summary>Connections of one client address, one a port.</summary>
    public const int PortsPerClient = 60_000;

    /// <summary>Frames a call.</summary>
    public const int Burst = 32;

    private const int FrameBytes = 64, Network = 14, Transport = 34, FirstPort = 1024;

    // 203.0.113.9 (RFC 5737): no Service's.
    private const uint Outside = 0xcb00_7109;

    private readonly NodeDatapath _node;
    private readonly uint[] _clients;
    private readonly (uint Address, ushort Port)[] _services;
    private readonly uint[] _order;
    private readonly int _flows;
    private readonly uint _firstFlow;
    private readonly ZipfSampler? _popularity;
    private readonly uint _stride;
    private readonly byte[] _frame = new byte[FrameBytes];
    private uint _nextNew;
    private int _next;

    /// <summary>Prepares for so many known connections, and arenas of so many frames.</summary>
    /// <param name="cluster">The Services.</param>
    /// <param name="node">Where the connections begin.</param>
    /// <param name="flows">Connections that <see cref="Open"/> opens.</param>
    /// <param name="frames">Frames of an arena.</param>
    /// <param name="skew">Zipf's exponent of the Services' popularity; 0 draws them evenly.</param>
    /// <param name="firstFlow">The number of the first connection: traffic that begins elsewhere shares none with another on the same node.</param>
    public DatapathTraffic(Cluster cluster, NodeDatapath node, int flows, int frames, double skew = 0, uint firstFlow = 0)
    {
        (_node, _flows, _firstFlow, _nextNew) = (node, flows, firstFlow, firstFlow + (uint)flows);
        ClusterPod[] clients = ClientsOf(cluster, node.Node);
        Interface = node.InterfaceOf(clients[0].IPv4!);
        _clients = [.. clients.Select(p => WordOf(p.IPv4!))];
        _services = [.. cluster.Services.Select(service => (WordOf(service.ClusterIP(System.Net.Sockets.AddressFamily.InterNetwork)!), service.Ports[0].Port))];
        _popularity = skew > 0 ? new ZipfSampler(_services.Length, skew) : null;
        _stride = StrideOf((uint)_services.Length);
        _order = [.. Enumerable.Range(0, flows).Select(i => firstFlow + (uint)i)];
        new Random(11).Shuffle(_order);
        Arena = new PacketArena(frames, 256);
        WriteTemplate();
        for (int i = 0; i < frames; i++)
            Arena.TryAdd(_frame, LinkType.Ethernet);
    }

    public PacketArena Arena { get; }

    /// <summary>Where the packets come in.</summary>
    public ushort Interface { get; }

    /// <summary>While true, packets go to an address of no Service, outside the cluster.</summary>
    public bool IsMissing { get; set; }

    /// <summary>
    /// Opens all known connections: SYN, the backend's answer, ACK. In bursts, as they are measured: the runtime arranges code after the runs it saw first.
    /// </summary>
    /// <returns>How many got all three through.</returns>
    public int Open(long nowMs)
    {
        int opened = 0;
        PacketFate[] fates = new PacketFate[Burst];
        byte[][] answers = new byte[Burst][];
        using PacketArena arena = new(Burst, 256);
        for (int first = 0; first < _flows; first += Burst)
        {
            int count = Math.Min(Burst, _flows - first);
            ulong good = Send(arena, fates, first, count, TcpFlags.Syn, nowMs);
            for (int i = 0; i < count; i++)
                answers[i] = AnswerTo(arena.Frame(i));
            arena.Clear();
            for (int i = 0; i < count; i++)
                arena.TryAdd(answers[i], LinkType.Ethernet);
            good &= Process(arena, fates, count, NodeDatapath.LinkInterface, nowMs);
            opened += BitOperations.PopCount(good & Send(arena, fates, first, count, TcpFlags.Ack, nowMs));
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

    private ulong Send(PacketArena arena, PacketFate[] fates, int first, int count, TcpFlags flags, long nowMs)
    {
        arena.Clear();
        for (int i = 0; i < count; i++)
            Add(arena, _firstFlow + (uint)(first + i), flags);
        return Process(arena, fates, count, Interface, nowMs);
    }

    /// <summary>Those packets of a burst that went on.</summary>
    private ulong Process(PacketArena arena, PacketFate[] fates, int count, ushort inInterface, long nowMs)
    {
        _node.Datapath.Process(arena.Burst(0, count), inInterface, nowMs, fates);
        ulong good = 0;
        for (int i = 0; i < count; i++)
            good |= (fates[i].Kind is FateKind.Forwarded or FateKind.Delivered ? 1UL : 0) << i;
        return good;
    }

    /// <summary>Client addresses beyond the node's pods are of the pod range all the same: no rule knows them apart.</summary>
    private void Add(PacketArena arena, uint flow, TcpFlags flags)
    {
        uint client = flow / PortsPerClient;
        (uint address, ushort port) = IsMissing ? (Outside, (ushort)443) : _services[ServiceOf(flow)];
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

    /// <summary>
    /// The Service of a connection. Popular ones stand all over the list, the first in its middle: a chain is walked about as far as for an even draw.
    /// </summary>
    private int ServiceOf(uint flow)
    {
        uint draw = flow * 2654435761u, count = (uint)_services.Length;
        return _popularity is null
            ? (int)((ulong)draw * count >> 32)
            : (int)((((ulong)_popularity.Sample(draw / 4294967296.0) * _stride) + (count / 2)) % count);
    }

    /// <summary>The number next to the golden section of so many that shares no divisor with it: its multiples visit all, far apart.</summary>
    private static uint StrideOf(uint count)
    {
        uint stride = Math.Max(1, (uint)(count * 0.618));
        while (BigInteger.GreatestCommonDivisor(stride, count) != 1)
            stride++;
        return stride;
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

    /// <summary>The node's pods that are behind no Service, so that none reaches itself, which is another path; all its pods where there are no such.</summary>
    private static ClusterPod[] ClientsOf(Cluster cluster, ClusterNode node)
    {
        HashSet<IPAddress> endpoints = [.. cluster.Services.SelectMany(s => s.Ports).SelectMany(p => p.Endpoints).Select(e => e.Address)];
        ClusterPod[] pods = [.. cluster.Pods.Where(p => p.Node == node)];
        ClusterPod[] clients = [.. pods.Where(p => !endpoints.Contains(p.IPv4!))];
        return clients.Length > 0 ? clients : pods;
    }

    private static uint WordOf(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());
}
