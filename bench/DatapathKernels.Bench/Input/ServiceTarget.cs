using System.Net;
using System.Net.Sockets;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>A service port of the user's cluster that clients on the measured node can be sent to.</summary>
/// <param name="Address">Cluster IP.</param>
/// <param name="Port">Service port, host order.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="Endpoints">Where the node sends its traffic; at least one.</param>
internal sealed record ServiceTarget(IPAddress Address, ushort Port, IpProtocol Protocol, IReadOnlyList<ServiceEndpoint> Endpoints)
{
    /// <summary>The targets of a cluster as a node sees them; <paramref name="left"/> counts the service ports that are none, by reason.</summary>
    public static IReadOnlyList<ServiceTarget> In(Cluster cluster, ClusterNode node, out IReadOnlyDictionary<string, int> left)
    {
        List<ServiceTarget> targets = [];
        Dictionary<string, int> reasons = [];
        foreach (ClusterService service in cluster.Services)
        {
            foreach (IPAddress address in service.ClusterIPs)
            {
                foreach (ServicePort port in service.Ports)
                {
                    if (ReasonAgainst(service, port, address, node, out IReadOnlyList<ServiceEndpoint> endpoints) is { } reason)
                        reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
                    else
                        targets.Add(new ServiceTarget(address, port.Port, port.Protocol, endpoints));
                }
            }
        }

        left = reasons;
        return targets;
    }

    private static string? ReasonAgainst(ClusterService service, ServicePort port, IPAddress address, ClusterNode node, out IReadOnlyList<ServiceEndpoint> endpoints)
    {
        AddressFamily family = address.AddressFamily;
        EndpointSelection selection = EndpointSelection.Select(port, family, node.Name, node.Zone);
        endpoints = service.InternalTrafficLocal ? selection.Local : selection.Cluster;
        if (!node.Addresses.Any(own => own.AddressFamily == family))
            return $"of {(family == AddressFamily.InterNetwork ? "IPv4" : "IPv6")}, which node {node.Name} has no address of";
        if (!selection.Any)
            return "without a usable endpoint";
        return endpoints.Count == 0 ? $"with internalTrafficPolicy Local and no endpoint on node {node.Name}" : null;
    }
}
