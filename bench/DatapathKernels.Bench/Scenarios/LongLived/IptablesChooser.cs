using System.Buffers.Binary;
using System.Net;
using System.Text;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Scenarios.LongLived;

/// <summary>kube-proxy's iptables rules: a SYN walks the chains of the Service, and <c>statistic</c> draws one endpoint of all.</summary>
/// <param name="seed">Where the draws start.</param>
internal sealed class IptablesChooser(uint seed) : IBackendChooser
{
    private const int Network = 14, Transport = 34;
    private const ushort Port = 80;
    private const uint Service = 0x0a60000a;

    private readonly byte[] _frame = SynFrame();
    private readonly Dictionary<uint, int> _numbers = [];
    private PacketRandom _random = new(seed);
    private ChainMatcher? _rules;
    private ChainId _chain;

    /// <inheritdoc/>
    public void Grow(int backends)
    {
        _rules?.Dispose();
        string text = KubeProxyIptables.ToText(ClusterOf(backends), new KubeProxyOptions());
        _rules = new IndexedMatcher(IptablesSaveParser.Parse(Encoding.UTF8.GetBytes(text), null, out _), new MatcherOptions());
        if (!_rules.Find(TableKind.Nat, "PREROUTING", out _chain))
            throw new InvalidOperationException("kube-proxy's rules were expected to begin in PREROUTING");
    }

    /// <inheritdoc/>
    public int Choose(uint client, ushort port)
    {
        Span<byte> packet = _frame.AsSpan(Network);
        BinaryPrimitives.WriteUInt32BigEndian(packet[12..], client);
        BinaryPrimitives.WriteUInt32BigEndian(packet[16..], Service);
        BinaryPrimitives.WriteUInt16BigEndian(_frame.AsSpan(Transport), port);
        BinaryPrimitives.WriteUInt16BigEndian(_frame.AsSpan(Transport + 2), Port);
        FlowParser.Parse(_frame, out _, out _, out PacketInfo info);
        PacketMeta meta = new() { State = ConnectionStates.New };
        _rules!.Evaluate(_chain, _frame, info, ref meta, ref _random, out PacketVerdict verdict);
        if (verdict.Destination.Kind == NatKind.None)
            throw new InvalidOperationException("the Service was expected to have a backend");
        return _numbers[BinaryPrimitives.ReadUInt32BigEndian(packet[16..])];
    }

    /// <inheritdoc/>
    public void Opened(int backend)
    {
    }

    /// <inheritdoc/>
    public void Closed(int backend)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _rules?.Dispose();

    private Cluster ClusterOf(int backends)
    {
        ClusterNode node = new("node-0", "zone-0", [IPAddress.Parse("172.16.0.1")], [IPNetwork.Parse("10.128.0.0/24")]);
        List<ServiceEndpoint> endpoints = [];
        for (int i = 0; i < backends; i++)
        {
            IPAddress address = new([10, 128, (byte)(1 + (i >> 8)), (byte)i]);
            _numbers[BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes())] = i;
            endpoints.Add(new ServiceEndpoint { Address = address, Port = 8080, Node = node.Name });
        }

        ClusterService service = new()
        {
            Namespace = "default",
            Name = "web",
            ClusterIPs = [IPAddress.Parse("10.96.0.10")],
            Ports = [new ServicePort { Port = Port, Endpoints = endpoints }],
        };
        return new Cluster([node], [], [service], [IPNetwork.Parse("10.128.0.0/9")], [IPNetwork.Parse("10.96.0.0/12")]);
    }

    private static byte[] SynFrame()
    {
        byte[] frame = new byte[Transport + TcpHeader.MinSize];
        EthernetWriter.Write(frame, default, default, Ipv4Header.EtherType);
        Ipv4Writer.Write(frame.AsSpan(Network), new Ipv4Fields(0, 0, IpProtocol.Tcp), TcpHeader.MinSize);
        frame[Transport + 12] = 5 << 4;
        frame[Transport + 13] = (byte)TcpFlags.Syn;
        return frame;
    }
}
