using System.Diagnostics;
using System.Net;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Scenarios.Dns;

/// <summary>
/// A node whose pods look names up: every query and answer is a packet through the node's own datapath, and what stays in its connection table is counted
/// there.
/// </summary>
internal sealed class DnsNode : IDisposable
{
    /// <summary>Lookups of a batch.</summary>
    public const int Batch = 32;

    // Longer than UDP's connections live (120 s at most), shorter than TCP's whose last data nobody acknowledged (300 s).
    private const long CollectAfterMs = 200_000;

    private readonly NodeDatapath _node;
    private readonly CachePlan _cache;
    private readonly IPAddress _pod;
    private readonly ushort _interface;
    private readonly UpstreamConnection? _upstream;
    private long _nowMs = 1000;
    private ushort _nextPort = 32_768, _nextId;

    /// <summary>Builds the node.</summary>
    /// <param name="cluster">Of <see cref="DnsCluster.Make"/>.</param>
    /// <param name="cache">Who answers; a cache's rules are iptables', so that it needs an iptables mode.</param>
    /// <param name="mode">How the node does Services.</param>
    /// <param name="seed">Where all draws start.</param>
    public DnsNode(Cluster cluster, CachePlan cache, DatapathMode mode, int seed)
    {
        _cache = cache;
        _node = NodeDatapath.Build(cluster, DnsCluster.NodeOf(cache, mode, seed));
        _pod = cluster.Pods.First(pod => pod.Node == _node.Node).IPv4!;
        _interface = _node.InterfaceOf(_pod);
        if (cache == CachePlan.Misses)
            _upstream = new UpstreamConnection(_node, _nowMs);
    }

    /// <summary>Lets pods look a name up many times, and gives the mean of one lookup.</summary>
    /// <param name="tried">The names that are asked for; only the last exists.</param>
    /// <param name="onePortEach">The queries for A and AAAA come from a port each (Go, and glibc's <c>single-request-reopen</c>); else from one.</param>
    /// <param name="batches">Of 32 lookups.</param>
    public DnsCost Lookup(IReadOnlyList<string> tried, bool onePortEach, int batches)
    {
        using FrameBatch frames = new();
        long entries = 0;
        for (int i = 0; i < batches; i++)
        {
            int before = Entries();
            for (int name = 0; name < tried.Count; name++)
                Ask(frames, tried[name], exists: name == tried.Count - 1, onePortEach);
            entries += Entries() - before;
            Collect();
        }

        double lookups = (double)batches * Batch;
        return new DnsCost(tried.Count, frames.Packets / lookups, entries / lookups, frames.Ticks * 1e9 / Stopwatch.Frequency / lookups);
    }

    /// <summary>One batch of lookups of one name that exists.</summary>
    /// <returns>The <see cref="Stopwatch"/> ticks in the datapath.</returns>
    public long NameTicks()
    {
        using FrameBatch frames = new();
        Ask(frames, DnsName.All[0].Existing, exists: true, onePortEach: false);
        Collect();
        return frames.Ticks;
    }

    /// <inheritdoc/>
    public void Dispose() => _node.Dispose();

    /// <summary>One name, by 32 programs: both queries leave before an answer comes.</summary>
    private void Ask(FrameBatch frames, string name, bool exists, bool onePortEach)
    {
        List<byte[]> queries = [];
        IPEndPoint server = new(DnsCluster.AskedAddress(_cache), DnsCluster.Port);
        for (int i = 0; i < Batch; i++)
        {
            IPEndPoint client = new(_pod, NextPort());
            queries.Add(DnsFrames.Udp(client, server, DnsMessage.Query(_nextId++, name, DnsMessage.A)));
            queries.Add(DnsFrames.Udp(onePortEach ? new IPEndPoint(_pod, NextPort()) : client, server, DnsMessage.Query(_nextId++, name, DnsMessage.Aaaa)));
        }

        bool isRemote = _cache == CachePlan.None;
        List<byte[]> arrived = frames.Run(_node.Datapath, queries, _interface, _nowMs, isRemote ? FateKind.Forwarded : FateKind.Delivered);
        _upstream?.Ask(frames, arrived, exists, _nowMs);
        List<byte[]> answers = [];
        foreach (byte[] query in arrived)
        {
            (IPEndPoint from, IPEndPoint to, byte[] message) = DnsFrames.Read(query);
            answers.Add(DnsFrames.Udp(to, from, DnsMessage.Answer(message, exists)));
        }

        List<byte[]> back = frames.Run(_node.Datapath, answers, isRemote ? NodeDatapath.LinkInterface : Datapath.FromHost, _nowMs, FateKind.Delivered);
        if (!DnsFrames.Read(back[0]).From.Equals(server))
            throw new InvalidOperationException("an answer was expected to come from the address that was asked");
    }

    private int Entries() => _node.Connections?.Count ?? ((EbpfDatapath)_node.Datapath).Connections;

    private void Collect()
    {
        _nowMs += CollectAfterMs;
        if (_node.Connections is { } connections)
            _node.Collect(_nowMs, connections.Places + Batch);
    }

    private ushort NextPort() => _nextPort = _nextPort >= 60_999 ? (ushort)32_768 : (ushort)(_nextPort + 1);
}
