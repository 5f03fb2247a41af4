using System.Net;
using DatapathKernels.Formats.Ipvs;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>One sync of kube-proxy in IPVS mode: every service port in turn adds its virtual servers and its entries in the sets.</summary>
internal sealed class KubeIpvsSync
{
    private readonly KubeProxyOptions _options;
    private readonly KubeProxyNode _node;
    private readonly KubeIpvsSets _sets;
    private readonly OrderedDictionary<IpvsServiceId, IpvsServiceEntry> _services = [];
    private readonly OrderedDictionary<IPAddress, bool> _bound = [];
    private readonly HashSet<IPAddress> _nodeAddresses;
    private readonly List<IPAddress> _nodePortAddresses;
    private readonly List<IpvsServiceId> _closedToNode = [];

    public KubeIpvsSync(Cluster cluster, KubeProxyOptions options)
    {
        _options = options;
        _node = new KubeProxyNode(cluster, options);
        _sets = new KubeIpvsSets(_node.IsV6);
        _nodeAddresses = [.. _node.InterfaceAddresses.Where(address => IsOfNode(address) && !address.IsIPv6LinkLocal)];
        _nodePortAddresses = FindNodePortAddresses();
    }

    public KubeProxyIpvsState Run()
    {
        foreach (KubeServicePort port in _node.ServicePorts())
            Add(port);
        foreach (IPAddress address in _bound.Keys)
            _sets.Add(KubeIpvsSets.BoundAddresses, address);
        string rules = new KubeIpvsRuleset(_sets, _node, _options, _closedToNode).ToText();
        return new(_options.Family, new IpvsTable(_services.Values), _sets, [.. _bound.Keys], rules);
    }

    private void Add(KubeServicePort port)
    {
        AddLoopBack(port);
        _sets.Add(KubeIpvsSets.ClusterIP, port.ClusterIP, port.Port.Protocol, port.Port.Port);
        AddService(port, port.ClusterIP, port.Port.Port, port.Service.InternalTrafficLocal, bind: true);
        foreach (IPAddress address in port.ExternalIPs)
        {
            _sets.Add(port.IsExternalLocal ? KubeIpvsSets.ExternalIPLocal : KubeIpvsSets.ExternalIP, address, port.Port.Protocol, port.Port.Port);
            AddExternal(port, address);
        }

        foreach (IPAddress address in port.LoadBalancerIPs)
            AddLoadBalancer(port, address);

        // kube-proxy gives a port up where it finds no address for its node port: its health check with it.
        if (port.Port.NodePort != 0 && _nodePortAddresses.Count == 0)
            return;
        if (port.Port.NodePort != 0)
            AddNodePort(port);
        if (port.IsExternalLocal && port.Service.HealthCheckNodePort != 0)
            _sets.Add(KubeIpvsSets.HealthCheck, port.Service.HealthCheckNodePort);
    }

    /// <summary>An endpoint of this node may meet itself behind its service; whether it is ready does not matter.</summary>
    private void AddLoopBack(KubeServicePort port)
    {
        foreach (ServiceEndpoint endpoint in port.Port.Endpoints)
        {
            if (endpoint.Address.AddressFamily == _options.Family && _node.Name.Length > 0 && endpoint.Node == _node.Name)
                _sets.Add(KubeIpvsSets.LoopBack, endpoint.Address, port.Port.Protocol, endpoint.Port, endpoint.Address);
        }
    }

    private void AddLoadBalancer(KubeServicePort port, IPAddress address)
    {
        (IpProtocol protocol, ushort number) = (port.Port.Protocol, port.Port.Port);
        _sets.Add(KubeIpvsSets.LoadBalancer, address, protocol, number);
        if (port.IsExternalLocal)
            _sets.Add(KubeIpvsSets.LoadBalancerLocal, address, protocol, number);
        if (port.SourceRanges.Count > 0)
        {
            _sets.Add(KubeIpvsSets.LoadBalancerFirewall, address, protocol, number);
            foreach (IPNetwork range in port.SourceRanges)
                _sets.Add(KubeIpvsSets.SourceRange, address, protocol, number, range);

            // A packet of the node itself to an address that is bound here has that address as its source too.
            if (_node.Address is { } node && port.SourceRanges.Exists(range => range.Contains(node)))
                _sets.Add(KubeIpvsSets.SourceIP, address, protocol, number, address);
            else
                _closedToNode.Add(IpvsServiceId.At(address, number, protocol));
        }

        AddExternal(port, address);
    }

    private void AddNodePort(KubeServicePort port)
    {
        (string all, string local) = port.Port.Protocol switch
        {
            IpProtocol.Tcp => (KubeIpvsSets.NodePortTcp, KubeIpvsSets.NodePortLocalTcp),
            IpProtocol.Udp => (KubeIpvsSets.NodePortUdp, KubeIpvsSets.NodePortLocalUdp),
            _ => (KubeIpvsSets.NodePortSctp, KubeIpvsSets.NodePortLocalSctp),
        };
        AddNodePortEntries(port, all);
        if (port.IsExternalLocal)
            AddNodePortEntries(port, local);
        foreach (IPAddress address in _nodePortAddresses)
            AddService(port, address, port.Port.NodePort, port.IsExternalLocal, bind: false);
    }

    /// <summary>A bitmap of ports knows TCP and UDP only; SCTP has its addresses named.</summary>
    private void AddNodePortEntries(KubeServicePort port, string set)
    {
        if (port.Port.Protocol != IpProtocol.Sctp)
        {
            _sets.Add(set, port.Port.NodePort);
            return;
        }

        foreach (IPAddress address in _nodePortAddresses)
            _sets.Add(set, address, port.Port.Protocol, port.Port.NodePort);
    }

    /// <summary>An address the node has anyway is not bound to the dummy interface too.</summary>
    private void AddExternal(KubeServicePort port, IPAddress address) =>
        AddService(port, address, port.Port.Port, port.IsExternalLocal, bind: !_nodeAddresses.Contains(address));

    /// <summary>
    /// Where the policy is Local and the node has no endpoint, all endpoints serve: pods of the node are to reach the service,
    /// and an answer to a client outside is lost.
    /// </summary>
    private void AddService(KubeServicePort port, IPAddress address, ushort number, bool local, bool bind)
    {
        IReadOnlyList<ServiceEndpoint> endpoints = local && port.LocalEndpoints.Count > 0 ? port.LocalEndpoints : port.ClusterEndpoints;
        IpvsServiceId id = IpvsServiceId.At(address, number, port.Port.Protocol);
        _services[id] = new IpvsServiceEntry(id)
        {
            Scheduler = _options.IpvsScheduler,
            Flags = _options.IpvsScheduler == SchedulerKind.MaglevHash ? SchedulerFlags.Port : SchedulerFlags.None,
            PersistenceSeconds = port.Service.ClientAffinitySeconds,
            Servers = endpoints.Select(endpoint => new RealServer(endpoint.Address, endpoint.Port)).ToArray(),
        };
        if (bind)
            _bound[address] = true;
    }

    /// <summary>All addresses of the node, or those in the ranges of the options; ranges of the other family do not count.</summary>
    private List<IPAddress> FindNodePortAddresses()
    {
        IPNetwork[] ranges = [.. _options.NodePortAddresses.Where(range => range.BaseAddress.AddressFamily == _options.Family)];
        if (ranges.Length == 0 || ranges.Any(range => range.PrefixLength == 0))
            return [.. _nodeAddresses];
        return [.. _node.InterfaceAddresses.Where(address => IsOfNode(address) && ranges.Any(range => range.Contains(address))).Distinct()];
    }

    private bool IsOfNode(IPAddress address) => address.AddressFamily == _options.Family && !IPAddress.IsLoopback(address);
}
