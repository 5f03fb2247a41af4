using System.Net;
using System.Net.Sockets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// One service port as a proxy sees it in one family: its addresses, its usable endpoints, and what follows from both and from
/// the traffic policies. Follows kubernetes pkg/proxy: <c>topology.go</c> and <c>servicePort</c>.
/// </summary>
internal sealed class KubeServicePort
{
    public KubeServicePort(ClusterService service, ServicePort port, IPAddress clusterIP, EndpointSelection selection)
    {
        AddressFamily family = clusterIP.AddressFamily;
        Service = service;
        Port = port;
        ClusterIP = clusterIP;
        Name = service.PortName(port);
        Protocol = KubeProxyChains.ProtocolName(port.Protocol);
        ExternalIPs = OfFamily(service.ExternalIPs, family);
        LoadBalancerIPs = OfFamily(service.LoadBalancerIPs, family);
        foreach (IPNetwork range in service.LoadBalancerSourceRanges)
        {
            if (range.BaseAddress.AddressFamily == family)
                SourceRanges.Add(range);
        }

        HasEndpoints = selection.Any;
        ClusterEndpoints = UsesCluster ? selection.Cluster : [];
        LocalEndpoints = UsesLocal ? selection.Local : [];
        HasInternalEndpoints = HasEndpoints && (!service.InternalTrafficLocal || LocalEndpoints.Count > 0);
        HasExternalEndpoints = HasEndpoints && (!IsExternalLocal || LocalEndpoints.Count > 0);
    }

    public ClusterService Service { get; }

    public ServicePort Port { get; }

    public IPAddress ClusterIP { get; }

    public string Name { get; }

    public string Protocol { get; }

    public List<IPAddress> ExternalIPs { get; }

    public List<IPAddress> LoadBalancerIPs { get; }

    public List<IPNetwork> SourceRanges { get; } = [];

    /// <summary>For traffic that may go anywhere; empty when no traffic may.</summary>
    public IReadOnlyList<ServiceEndpoint> ClusterEndpoints { get; }

    /// <summary>For traffic that stays on the node; empty when none has to.</summary>
    public IReadOnlyList<ServiceEndpoint> LocalEndpoints { get; }

    /// <summary>False when no endpoint anywhere is usable: connections are refused rather than dropped.</summary>
    public bool HasEndpoints { get; }

    public bool HasInternalEndpoints { get; }

    public bool HasExternalEndpoints { get; }

    public bool IsExternal => Port.NodePort != 0 || ExternalIPs.Count > 0 || LoadBalancerIPs.Count > 0;

    public bool IsExternalLocal => Service.ExternalTrafficLocal && IsExternal;

    public bool UsesExternalChain => HasEndpoints && IsExternal;

    public bool UsesFirewallChain => HasEndpoints && LoadBalancerIPs.Count > 0 && SourceRanges.Count > 0;

    public string ClusterChain => KubeProxyChains.Service(Name, Port.Protocol);

    public string LocalChain => KubeProxyChains.ServiceLocal(Name, Port.Protocol);

    public string ExternalChain => KubeProxyChains.External(Name, Port.Protocol);

    public string FirewallChain => KubeProxyChains.Firewall(Name, Port.Protocol);

    /// <summary>Where traffic to the cluster IP goes.</summary>
    public string InternalPolicyChain => Service.InternalTrafficLocal ? LocalChain : ClusterChain;

    /// <summary>Where traffic from outside goes in the end.</summary>
    public string ExternalPolicyChain => IsExternalLocal ? LocalChain : ClusterChain;

    // Even a Local external policy needs the cluster's endpoints: pods and the node itself go anywhere.
    private bool UsesCluster => !Service.InternalTrafficLocal || IsExternal;

    private bool UsesLocal => Service.InternalTrafficLocal || IsExternalLocal;

    /// <summary>A rule for traffic of this port to an address of its own.</summary>
    public KubeRule To(IPAddress address, string chain) => new(chain)
    {
        Protocol = Protocol,
        Destination = address.ToString(),
        DestinationPort = Port.Port,
    };

    private static List<IPAddress> OfFamily(IReadOnlyList<IPAddress> addresses, AddressFamily family)
    {
        List<IPAddress> fitting = [];
        foreach (IPAddress address in addresses)
        {
            if (address.AddressFamily == family)
                fitting.Add(address);
        }

        return fitting;
    }
}
