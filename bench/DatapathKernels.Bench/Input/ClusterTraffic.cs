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

    // Known connections have the ports from 1024 on, one each; new ones go round the others.
    private const int FirstPort = 1024, FirstNewPort = FirstPort + (ClusterDraw.MostGroups * Burst), NewPorts = 60_000 - FirstNewPort;

    private readonly NodeDatapath _node;
    private readonly List<Talk> _talks = [];
    private readonly int[] _order;
    private readonly ushort[] _interfaces;
    private readonly ushort[] _burstInterfaces;
    private readonly PacketFate[] _fates = new PacketFate[1];
    private int _next, _nextPort;

    /// <summary>Writes the frames of every connection, and an arena of some bursts.</summary>
    public ClusterTraffic(NodeDatapath node, IReadOnlyList<ClientGroup> groups, int bursts)
    {
        _node = node;
        Dictionary<IPAddress, ushort> known = [];
        foreach (IPAddress client in groups.Select(group => group.Client))
            known.TryAdd(client, node.InterfaceOf(client));
        _interfaces = [.. groups.Select(group => known[group.Client])];
        foreach (ClientGroup group in groups)
        {
            foreach (ServiceTarget target in group.Targets)
                _talks.Add(new Talk(group.Client, target, (ushort)(FirstPort + _talks.Count)));
        }

        _order = [.. Enumerable.Range(0, groups.Count)];
        new Random(11).Shuffle(_order);
        _burstInterfaces = new ushort[bursts];
        Arena = new PacketArena(bursts * Burst, 256);
    }

    public PacketArena Arena { get; }

    /// <summary>Connections that are opened before anything is measured.</summary>
    public int Known => _talks.Count;

    /// <summary>Where a burst of the arena comes in.</summary>
    public ushort InterfaceOf(int burst) => _burstInterfaces[burst];

    /// <summary>Opens all known connections: the first packet, the backend's answer, the rest of SCTP's handshake, and a packet of those that are measured.</summary>
    /// <returns>How many got all of them through.</returns>
    public int Open(long nowMs)
    {
        int opened = 0;
        using PacketArena one = new(1, 256);
        for (int i = 0; i < _talks.Count; i++)
        {
            Talk talk = _talks[i];
            ushort own = _interfaces[i / Burst];
            opened += SendAndAnswer(one, talk.First, own, nowMs) && (talk.CookieEcho is null || SendAndAnswer(one, talk.CookieEcho, own, nowMs)) && Send(one, talk.Later, own, nowMs) ? 1 : 0;
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
            int group = NextGroup(burst);
            for (int i = 0; i < Burst; i++)
                Arena.TryAdd(_talks[(group * Burst) + i].Later, LinkType.Ethernet);
        }
    }

    /// <summary>Fills the arena with first packets of connections never seen, or forgotten by now.</summary>
    public void PrepareNew()
    {
        Arena.Clear();
        for (int burst = 0; burst < _burstInterfaces.Length; burst++)
        {
            int group = NextGroup(burst);
            for (int i = 0; i < Burst; i++)
            {
                Talk talk = _talks[(group * Burst) + i];
                BinaryPrimitives.WriteUInt16BigEndian(talk.New.AsSpan(talk.PortOffset), (ushort)(FirstNewPort + _nextPort));
                _nextPort = _nextPort + 1 == NewPorts ? 0 : _nextPort + 1;
                Arena.TryAdd(talk.New, LinkType.Ethernet);
            }
        }
    }

    public void Dispose() => Arena.Dispose();

    private int NextGroup(int burst)
    {
        int group = _order[_next];
        _next = _next + 1 == _order.Length ? 0 : _next + 1;
        _burstInterfaces[burst] = _interfaces[group];
        return group;
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

    /// <summary>The frames of one connection.</summary>
    private sealed class Talk(IPAddress client, ServiceTarget target, ushort port)
    {
        public byte[] First { get; } = Frame(client, target.Address, port, target.Port, target.Protocol, TcpFlags.Syn, 0, 0, SctpChunkType.Init);

        public byte[] Later { get; } = Frame(client, target.Address, port, target.Port, target.Protocol, TcpFlags.Ack, 1, 501, SctpChunkType.Data);

        /// <summary>What an SCTP client says to the INIT ACK; null for other protocols.</summary>
        public byte[]? CookieEcho { get; } =
            target.Protocol == IpProtocol.Sctp ? Frame(client, target.Address, port, target.Port, target.Protocol, default, 0, 0, SctpChunkType.CookieEcho) : null;

        /// <summary>The first packet of another connection, whose port is written when its turn comes. No datapath looks at the checksum it had.</summary>
        public byte[] New { get; } = Frame(client, target.Address, port, target.Port, target.Protocol, TcpFlags.Syn, 0, 0, SctpChunkType.Init);

        public int PortOffset { get; } = 14 + (client.AddressFamily == AddressFamily.InterNetwork ? 20 : 40);
    }
}
