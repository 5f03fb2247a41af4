using System.Net;
using System.Net.Sockets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// A Kubernetes service, of whatever type: a node port, external IPs and load balancer addresses are what tells the types
/// apart for a proxy.
/// </summary>
public sealed record ClusterService
{
    /// <summary>Namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name, unique within the namespace.</summary>
    public required string Name { get; init; }

    /// <summary>One cluster IP, or one of each family; empty for a headless service, which no proxy programs.</summary>
    public required IReadOnlyList<IPAddress> ClusterIPs { get; init; }

    /// <summary>The service's ports.</summary>
    public required IReadOnlyList<ServicePort> Ports { get; init; }

    /// <summary>Session affinity by client address lasts this many seconds; 0 is none. Kubernetes' default is 10,800.</summary>
    public int ClientAffinitySeconds { get; init; }

    /// <summary>Clients inside the cluster reach endpoints on their own node only (internalTrafficPolicy: Local).</summary>
    public bool InternalTrafficLocal { get; init; }

    /// <summary>Clients from outside reach endpoints on the node they came to only (externalTrafficPolicy: Local).</summary>
    public bool ExternalTrafficLocal { get; init; }

    /// <summary>
    /// Which endpoints clients prefer. Proxies go by the hints on the endpoints, which a live cluster's have already; see <see cref="TopologyHints"/>.
    /// </summary>
    public TrafficDistribution TrafficDistribution { get; init; }

    /// <summary>Addresses somebody routes to the nodes, at which the service answers too.</summary>
    public IReadOnlyList<IPAddress> ExternalIPs { get; init; } = [];

    /// <summary>The addresses of its load balancer (status.loadBalancer.ingress) that proxies answer for.</summary>
    public IReadOnlyList<IPAddress> LoadBalancerIPs { get; init; } = [];

    /// <summary>Who may come through the load balancer; everybody when empty.</summary>
    public IReadOnlyList<IPNetwork> LoadBalancerSourceRanges { get; init; } = [];

    /// <summary>The port of every node at which the load balancer asks whether it has endpoints; 0 for none. With <see cref="ExternalTrafficLocal"/> only.</summary>
    public ushort HealthCheckNodePort { get; init; }

    /// <summary>The cluster IP of a family, or null.</summary>
    public IPAddress? ClusterIP(AddressFamily family)
    {
        foreach (IPAddress address in ClusterIPs)
        {
            if (address.AddressFamily == family)
                return address;
        }

        return null;
    }

    /// <summary>
    /// The name kube-proxy gives a port: <c>namespace/name:port</c>, or <c>namespace/name</c> for a port without name.
    /// </summary>
    public string PortName(ServicePort port) => port.Name.Length == 0 ? $"{Namespace}/{Name}" : $"{Namespace}/{Name}:{port.Name}";
}
