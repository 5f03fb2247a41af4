using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using DatapathKernels.Conntrack;
using DatapathKernels.Datapaths;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>Connections of the user's pods with the user's services: known ones that were opened before, and first packets of new ones. A burst is of one pod.</summary>
internal sealed class ClusterTraffic : IDisposable
{
    /// <summary>Frames a call.</summary>
    public const int Burst = 32;

    // Known connections have the ports from 1024 on, each client's one after another; new ones go round the others.
    private const int FirstPort = 1024, FirstNewPort = FirstPort + (ClusterDraw.MostGroups * Burst), NewPorts = 60_000 - FirstNewPort;
    private const int PortsOfClient = ushort.MaxValue + 1 - FirstPort;

    private readonly NodeDatapath _node;
    private readonly List<Talk> _talks = [];
    private readonly int[] _order;
    private readonly int _groups;
    private readonly ushort[] _interfaces;
    private readonly ushort[] _burstInterfaces;
    private readonly PacketFate[] _fates = new PacketFate[1];
    private int _next, _nextPort;

    /// <summary>Writes the frames of every connection, and an arena of some bursts.</summary>
    /// <param name="node">What the packets go through.</param>
    /// <param name="groups">Who talks to whom.</param>
    /// <param name="bursts">Bursts of the arena.</param>
    /// <param name="known">Known connections, at most <see cref="MostKnown"/>, rounded down to whole bursts: the groups again and again, from other ports. 0 for one a pair.</param>
    public ClusterTraffic(NodeDatapath node, IReadOnlyList<ClientGroup> groups, int bursts, int known = 0)
    {
        (_node, _groups) = (node, groups.Count);
        Dictionary<IPAddress, ushort> interfaces = [];
        foreach (IPAddress client in groups.Select(group => group.Client))
            interfaces.TryAdd(client, node.InterfaceOf(client));
        _interfaces = [.. groups.Select(group => interfaces[group.Client])];
        Dictionary<IPAddress, int> stride = TalksByClient(groups), seen = [];
        foreach (ClientGroup group in groups)
        {
            foreach (ServiceTarget target in group.Targets)
            {
                int before = seen.GetValueOrDefault(group.Client);
                _talks.Add(new Talk(group.Client, target, FirstPort + before, stride[group.Client]));
                seen[group.Client] = before + 1;
            }
        }

        _order = [.. Enumerable.Range(0, known == 0 ? groups.Count : Math.Max(1, known / Burst))];
        new Random(11).Shuffle(_order);
        _burstInterfaces = new ushort[bursts];
        Arena = new PacketArena(bursts * Burst, 256);
    }

    public PacketArena Arena { get; }

    /// <summary>Connections that are opened before anything is measured.</summary>
    public int Known => _order.Length * Burst;

    /// <summary>As many known connections as clients have ports for: two of one client have two ports, for two services may have a backend in common.</summary>
    public static int MostKnown(IReadOnlyList<ClientGroup> groups) => groups.Count * Burst * (PortsOfClient / TalksByClient(groups).Values.Max());

    private static Dictionary<IPAddress, int> TalksByClient(IReadOnlyList<ClientGroup> groups) =>
        groups.GroupBy(group => group.Client).ToDictionary(client => client.Key, client => client.Sum(group => group.Targets.Count));

    /// <summary>Where a burst of the arena comes in.</summary>
    public ushort InterfaceOf(int burst) => _burstInterfaces[burst];

    /// <summary>Opens all known connections: the first packet, the backend's answer, the rest of SCTP's handshake, and a packet of those that are measured.</summary>
    /// <returns>How many got all of them through.</returns>
    public int Open(long nowMs)
    {
        int opened = 0;
        using PacketArena one = new(1, 256);
        for (int burst = 0; burst < _order.Length; burst++)
        {
            (int round, int group) = Math.DivRem(burst, _groups);
            for (int i = 0; i < Burst; i++)
            {
                Talk talk = _talks[(group * Burst) + i];
                ushort own = _interfaces[group];
                opened += SendAndAnswer(one, talk.Of(talk.First, round), own, nowMs) && (talk.CookieEcho is null || SendAndAnswer(one, talk.Of(talk.CookieEcho, round), own, nowMs))
                    && Send(one, talk.Of(talk.Later, round), own, nowMs) ? 1 : 0;
            }
        }

        return opened;
    }

    private bool SendAndAnswer(PacketArena one, byte[] frame, ushort own, long nowMs)
    {
        if (!Send(one, frame, own, nowMs))
            return false;
        bool isHere = _fates[0].Kind == FateKind.Delivered;
        byte[] answer = AnswerTo(one.Frame(0)[^frame.Length..], out IPAddress backend);
        return Send(one, answer, isHere ? _node.InterfaceOf(backend) : NodeDatapath.LinkInterface, nowMs);
    }

    /// <summary>Fills the arena with packets of known connections.</summary>
    public void PrepareKnown()
    {
        Arena.Clear();
        for (int burst = 0; burst < _burstInterfaces.Length; burst++)
        {
            (int round, int group) = NextGroup(burst);
            for (int i = 0; i < Burst; i++)
            {
                Talk talk = _talks[(group * Burst) + i];
                Arena.TryAdd(talk.Of(talk.Later, round), LinkType.Ethernet);
            }
        }
    }

    /// <summary>Fills the arena with first packets of connections never seen, or forgotten by now.</summary>
    public void PrepareNew()
    {
        Arena.Clear();
        for (int burst = 0; burst < _burstInterfaces.Length; burst++)
        {
            (_, int group) = NextGroup(burst);
            for (int i = 0; i < Burst; i++)
            {
                Talk talk = _talks[(group * Burst) + i];
                Arena.TryAdd(talk.From(talk.First, FirstNewPort + _nextPort), LinkType.Ethernet);
                _nextPort = _nextPort + 1 == NewPorts ? 0 : _nextPort + 1;
            }
        }
    }

    public void Dispose() => Arena.Dispose();

    private (int Round, int Group) NextGroup(int burst)
    {
        (int round, int group) = Math.DivRem(_order[_next], _groups);
        _next = _next + 1 == _order.Length ? 0 : _next + 1;
        _burstInterfaces[burst] = _interfaces[group];
        return (round, group);
    }

    private bool Send(PacketArena one, byte[] frame, ushort inInterface, long nowMs)
    {
        one.Clear();
        one.TryAdd(frame, LinkType.Ethernet);
        _node.Datapath.Process(one.Burst(0), inInterface, nowMs, _fates);
        return _fates[0].Kind is FateKind.Forwarded or FateKind.Delivered;
    }

    /// <summary>What a backend answers to the packet that reached it.</summary>
    private static byte[] AnswerTo(ReadOnlySpan<byte> sent, out IPAddress backend)
    {
        FlowParser.Parse(sent, LinkType.Ethernet, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        bool ipv4 = (info.Flags & PacketFlags.Ipv4) != 0;
        backend = new IPAddress(ipv4 ? sent.Slice(info.L3Offset + 16, 4) : sent.Slice(info.L3Offset + 24, 16));
        SctpChunkType chunk = info.Protocol == IpProtocol.Sctp && (SctpChunkType)sent[info.L4Offset + 12] == SctpChunkType.CookieEcho ? SctpChunkType.CookieAck : SctpChunkType.InitAck;
        IPAddress client = new(ipv4 ? sent.Slice(info.L3Offset + 12, 4) : sent.Slice(info.L3Offset + 8, 16));
        return ipv4
            ? Frame(backend, client, v4.DestinationPort, v4.SourcePort, v4.Protocol, TcpFlags.Syn | TcpFlags.Ack, 500, 1, chunk)
            : Frame(backend, client, v6.DestinationPort, v6.SourcePort, v6.Protocol, TcpFlags.Syn | TcpFlags.Ack, 500, 1, chunk);
    }

    private static byte[] Frame(IPAddress from, IPAddress to, ushort sourcePort, ushort destinationPort, IpProtocol protocol, TcpFlags flags, uint sequence, uint acknowledged, SctpChunkType chunk)
    {
        Span<byte> frame = stackalloc byte[FirstPacket.MaxBytes];
        IpFamily family = from.AddressFamily == AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6;
        frame = frame[..FirstPacket.Write(frame, family, IpNetwork.ToNumber(from), IpNetwork.ToNumber(to), sourcePort, destinationPort, protocol, chunk)];
        FlowParser.Parse(frame, LinkType.Ethernet, 0, out _, out _, out PacketInfo info);
        if (protocol == IpProtocol.Tcp)
        {
            Span<byte> segment = frame[info.L4Offset..];
            BinaryPrimitives.WriteUInt32BigEndian(segment[4..], sequence);
            BinaryPrimitives.WriteUInt32BigEndian(segment[8..], acknowledged);
            segment[13] = (byte)flags;
            PacketChecksums.Write(frame, info);
        }

        return frame.ToArray();
    }

    /// <summary>The frames of a client's connections to one service. Their source port is written when their turn comes; no datapath looks at the checksum they had.</summary>
    private sealed class Talk(IPAddress client, ServiceTarget target, int firstPort, int stride)
    {
        private readonly int _portOffset = 14 + (client.AddressFamily == AddressFamily.InterNetwork ? 20 : 40);

        public byte[] First { get; } = Frame(client, target.Address, 0, target.Port, target.Protocol, TcpFlags.Syn, 0, 0, SctpChunkType.Init);

        public byte[] Later { get; } = Frame(client, target.Address, 0, target.Port, target.Protocol, TcpFlags.Ack, 1, 501, SctpChunkType.Data);

        /// <summary>What an SCTP client says to the INIT ACK; null for other protocols.</summary>
        public byte[]? CookieEcho { get; } =
            target.Protocol == IpProtocol.Sctp ? Frame(client, target.Address, 0, target.Port, target.Protocol, default, 0, 0, SctpChunkType.CookieEcho) : null;

        /// <summary>A frame as that of the known connection of a round.</summary>
        public byte[] Of(byte[] frame, int round) => From(frame, firstPort + (round * stride));

        /// <summary>A frame as one from that port.</summary>
        public byte[] From(byte[] frame, int port)
        {
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(_portOffset), (ushort)port);
            return frame;
        }
    }
}
