using System.Net;
using System.Net.Sockets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>One full sync of kube-proxy: every service port in turn adds its chains and rules to both tables.</summary>
internal sealed partial class KubeProxyRuleset
{
    private const string MarkMasquerade = "KUBE-MARK-MASQ";
    private const string Services = "KUBE-SERVICES";
    private const string NodePorts = "KUBE-NODEPORTS";
    private const string Canary = "KUBE-PROXY-CANARY";

    private readonly KubeProxyOptions _options;
    private readonly RulesetTable _filter;
    private readonly RulesetTable _nat;
    private readonly bool _v6;
    private readonly bool _localhostNodePorts;
    private readonly bool _largeCluster;
    private readonly KubeProxyNode _node;
    private readonly LocalTraffic _local;
    private readonly IPAddress? _nodeIP;
    private readonly IReadOnlyList<IPAddress> _interfaceAddresses;

    public KubeProxyRuleset(Cluster cluster, KubeProxyOptions options)
    {
        _node = new KubeProxyNode(cluster, options);
        _options = options;
        _v6 = _node.IsV6;
        _filter = new("filter", options.Spelling, _v6);
        _nat = new("nat", options.Spelling, _v6);
        _localhostNodePorts = options.LocalhostNodePorts && !_v6;
        _largeCluster = CountEndpoints(cluster, options.Family) > options.LargeClusterEndpoints;
        _local = _node.Local;
        _nodeIP = _node.Address;
        _interfaceAddresses = _node.InterfaceAddresses;
    }

    /// <summary>A full sync: everything.</summary>
    public void Write(TextWriter writer)
    {
        AddFixedChains();
        AddLeadingRules();
        foreach (KubeServicePort port in _node.ServicePorts())
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
        if (_options.CanaryChains)
        {
            RulesetTable mangle = new("mangle", _options.Spelling, _v6, characters: 16);
            if (_options.BaseChains)
                Array.ForEach(["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"], mangle.DeclareBase);
            mangle.Declare(Canary);
            mangle.WriteTo(writer, sorted);
        }

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
}
