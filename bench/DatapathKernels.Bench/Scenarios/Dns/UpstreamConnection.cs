using System.Net;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Scenarios.Dns;

/// <summary>The TCP connection from a node's cache to CoreDNS, opened once: a query and its answer are a segment each, which acknowledge one another.</summary>
internal sealed class UpstreamConnection
{
    private readonly NodeDatapath _node;
    private readonly IPEndPoint _cache, _service = new(DnsCluster.UpstreamAddress, DnsCluster.Port);
    private readonly IPEndPoint _client, _server;
    private uint _sent = 100, _received = 500;

    /// <summary>Opens it.</summary>
    public UpstreamConnection(NodeDatapath node, long nowMs)
    {
        _node = node;
        _cache = new IPEndPoint(node.Node.Addresses[0], 41_000);
        using FrameBatch frames = new();
        byte[] syn = DnsFrames.Tcp(_cache, _service, TcpFlags.Syn, _sent++, 0, []);
        (_client, _server, _) = DnsFrames.Read(Send(frames, syn, nowMs));
        Receive(frames, DnsFrames.Tcp(_server, _client, TcpFlags.Syn | TcpFlags.Ack, _received++, _sent, []), nowMs);
        Send(frames, DnsFrames.Tcp(_cache, _service, TcpFlags.Ack, _sent, _received, []), nowMs);
    }

    /// <summary>Asks CoreDNS for what clients asked the cache.</summary>
    /// <param name="frames">Counts the packets.</param>
    /// <param name="queries">The clients' frames.</param>
    /// <param name="exists">The names exist.</param>
    /// <param name="nowMs">The time.</param>
    public void Ask(FrameBatch frames, IReadOnlyList<byte[]> queries, bool exists, long nowMs)
    {
        foreach (byte[] query in queries)
        {
            byte[] message = DnsFrames.Read(query).Data, asked = WithLength(message), answered = WithLength(DnsMessage.Answer(message, exists));
            Send(frames, DnsFrames.Tcp(_cache, _service, TcpFlags.Ack | TcpFlags.Psh, _sent, _received, asked), nowMs);
            _sent += (uint)asked.Length;
            Receive(frames, DnsFrames.Tcp(_server, _client, TcpFlags.Ack | TcpFlags.Psh, _received, _sent, answered), nowMs);
            _received += (uint)answered.Length;
        }
    }

    private byte[] Send(FrameBatch frames, byte[] frame, long nowMs) => frames.Run(_node.Datapath, [frame], Datapath.FromHost, nowMs, FateKind.Forwarded)[0];

    private void Receive(FrameBatch frames, byte[] frame, long nowMs) => frames.Run(_node.Datapath, [frame], NodeDatapath.LinkInterface, nowMs, FateKind.Delivered);

    /// <summary>Over TCP two bytes of length come first (RFC 1035, section 4.2.2).</summary>
    private static byte[] WithLength(byte[] message) => [(byte)(message.Length >> 8), (byte)message.Length, .. message];
}
