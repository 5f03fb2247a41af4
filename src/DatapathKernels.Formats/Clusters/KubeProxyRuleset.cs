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
        _zone = ZoneOf(cluster, _node);
        _podRange = options.DetectLocalTraffic ? (options.PodRange ?? cluster.PodRange(options.Family))?.ToString() : null;
    }

    public void Write(TextWriter writer)
    {
        AddFixedChains();
        AddLeadingRules();
        foreach ((ClusterService service, ServicePort port) in ServicePorts())
            AddServicePort(service, port);
        AddTrailingRules();

        bool sorted = _options.Order == RulesetOrder.Sorted || _options.Spelling == RulesetSpelling.Save;
        _filter.WriteTo(writer, sorted);
        _nat.WriteTo(writer, sorted);
    }

    private static int CountEndpoints(Cluster cluster, AddressFamily family)
    {
        int count = 0;
        foreach (ClusterService service in cluster.Services)
        {
            foreach (ServicePort port in service.Ports)
            {
                foreach (ServiceEndpoint endpoint in port.Endpoints)
                    count += endpoint.Address.AddressFamily == family ? 1 : 0;
            }
        }

        return count;
    }

    private static string ZoneOf(Cluster cluster, string name)
    {
        foreach (ClusterNode node in cluster.Nodes)
        {
            if (node.Name == name)
                return node.Zone;
        }

        return "";
    }

    private List<(ClusterService Service, ServicePort Port)> ServicePorts()
    {
        List<(ClusterService Service, ServicePort Port)> ports = [];
        foreach (ClusterService service in _cluster.Services)
        {
            foreach (ServicePort port in service.Ports)
                ports.Add((service, port));
        }

        if (_options.Order == RulesetOrder.Sorted)
            ports.Sort((a, b) => string.CompareOrdinal(a.Service.PortName(a.Port), b.Service.PortName(b.Port)));
        else
            new SeededRandom(_options.OrderSeed, stream: 3).Shuffle(CollectionsMarshal.AsSpan(ports));
        return ports;
    }
}
