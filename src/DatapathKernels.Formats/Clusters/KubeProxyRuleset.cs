using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace DatapathKernels.Formats.Clusters;

/// <summary>One full sync of kube-proxy: every service port in turn adds its chains and rules to both tables.</summary>
internal sealed partial class KubeProxyRuleset
{
    private const string MarkMasquerade = "KUBE-MARK-MASQ";
    private const string Services = "KUBE-SERVICES";
    private const string NodePorts = "KUBE-NODEPORTS";

    private readonly Cluster _cluster;
    private readonly KubeProxyOptions _options;
    private readonly RulesetTable _filter;
    private readonly RulesetTable _nat;
    private readonly bool _v6;
    private readonly bool _localhostNodePorts;
    private readonly bool _largeCluster;
    private readonly string _node;
    private readonly string _zone;
    private readonly string? _podRange;
    private readonly IPAddress? _nodeIP;
    private readonly IReadOnlyList<IPAddress> _interfaceAddresses;

    public KubeProxyRuleset(Cluster cluster, KubeProxyOptions options)
    {
        if (options.Family is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
            throw new ArgumentOutOfRangeException(nameof(options), options.Family, "InterNetwork or InterNetworkV6");
        _cluster = cluster;
        _options = options;
        _v6 = options.Family == AddressFamily.InterNetworkV6;
        _filter = new("filter", options.Spelling, _v6);
        _nat = new("nat", options.Spelling, _v6);
        _localhostNodePorts = options.LocalhostNodePorts && !_v6;
        _largeCluster = CountEndpoints(cluster, options.Family) > options.LargeClusterEndpoints;
        _node = options.NodeName ?? (cluster.Nodes.Count > 0 ? cluster.Nodes[0].Name : "");
        ClusterNode? node = NodeOf(cluster, _node);
        _zone = node?.Zone ?? "";
        _podRange = options.DetectLocalTraffic ? (options.PodRange ?? cluster.PodRange(options.Family))?.ToString() : null;
        _nodeIP = options.NodeIP ?? AddressOf(node, options.Family);
        _interfaceAddresses = options.InterfaceAddresses ?? [IPAddress.Loopback, IPAddress.IPv6Loopback, .. node?.Addresses ?? []];
    }

    /// <summary>A full sync: everything.</summary>
    public void Write(TextWriter writer)
    {
        AddFixedChains();
        AddLeadingRules();
        foreach (KubeServicePort port in ServicePorts())
        {
            AddDispatch(port);
            AddChains(_nat, port);
        }

        AddTrailingRules();
        WriteTables(writer);
    }

    private void WriteTables(TextWriter writer)
    {
        bool sorted = _options.Order == RulesetOrder.Sorted || _options.Spelling == RulesetSpelling.Save;
        _filter.WriteTo(writer, sorted);
        _nat.WriteTo(writer, sorted);
    }

    /// <summary>Endpoints of the ports that have a cluster IP of this family, each address and port once: what large-cluster mode counts.</summary>
    private static int CountEndpoints(Cluster cluster, AddressFamily family)
    {
        int count = 0;
        HashSet<(IPAddress Address, ushort Port)> known = [];
        foreach (ClusterService service in cluster.Services)
        {
            if (service.ClusterIP(family) is null)
                continue;
            foreach (ServicePort port in service.Ports)
            {
                known.Clear();
                foreach (ServiceEndpoint endpoint in port.Endpoints)
                    count += endpoint.Address.AddressFamily == family && known.Add((endpoint.Address, endpoint.Port)) ? 1 : 0;
            }
        }

        return count;
    }

    private static ClusterNode? NodeOf(Cluster cluster, string name)
    {
        foreach (ClusterNode node in cluster.Nodes)
        {
            if (node.Name == name)
                return node;
        }

        return null;
    }

    private static IPAddress? AddressOf(ClusterNode? node, AddressFamily family)
    {
        foreach (IPAddress address in node?.Addresses ?? [])
        {
            if (address.AddressFamily == family)
                return address;
        }

        return null;
    }

    /// <summary>The ports of every service that has a cluster IP of this family, in the order of the options.</summary>
    private List<KubeServicePort> ServicePorts()
    {
        List<KubeServicePort> ports = [];
        foreach (ClusterService service in _cluster.Services)
        {
            IPAddress? clusterIP = service.ClusterIP(_options.Family);
            for (int i = 0; i < service.Ports.Count && clusterIP is not null; i++)
                ports.Add(new(service, service.Ports[i], clusterIP, EndpointSelection.Select(service.Ports[i], _options.Family, _node, _zone)));
        }

        if (_options.Order == RulesetOrder.Sorted)
            ports.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        else if (_options.Order == RulesetOrder.Random)
            new SeededRandom(_options.OrderSeed, stream: 3).Shuffle(CollectionsMarshal.AsSpan(ports));
        return ports;
    }
}
