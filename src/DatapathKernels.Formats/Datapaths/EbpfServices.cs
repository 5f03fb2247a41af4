using System.Net;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Clusters;

namespace DatapathKernels.Formats.Datapaths;

/// <summary>The frontends an agent programs for a cluster's services on one node, with the endpoints that kube-proxy would choose there.</summary>
public static class EbpfServices
{
    /// <summary>Every address and port at which a service answers: cluster IP, external and load balancer addresses, node ports.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="node">The node.</param>
    /// <param name="options">The family, and which addresses node ports answer on.</param>
    public static IReadOnlyList<EbpfService> Of(Cluster cluster, ClusterNode node, KubeProxyOptions options)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(options);
        List<EbpfService> services = [];
        foreach (KubeServicePort port in new KubeProxyNode(cluster, options).ServicePorts())
            services.AddRange(Of(port, node, options));
        return services;
    }

    private static IEnumerable<EbpfService> Of(KubeServicePort port, ClusterNode node, KubeProxyOptions options)
    {
        yield return Frontend(port, port.ClusterIP, port.Port.Port, port.Service.InternalTrafficLocal ? port.LocalEndpoints : port.ClusterEndpoints);
        IReadOnlyList<ServiceEndpoint> outside = port.IsExternalLocal ? port.LocalEndpoints : port.ClusterEndpoints;
        foreach (IPAddress address in port.ExternalIPs)
            yield return Frontend(port, address, port.Port.Port, outside) with { IsExternal = !port.IsExternalLocal };
        foreach (IPAddress address in port.LoadBalancerIPs)
            yield return Frontend(port, address, port.Port.Port, outside) with { IsExternal = !port.IsExternalLocal, SourceRanges = port.SourceRanges };
        if (port.Port.NodePort == 0)
            yield break;
        foreach (IPAddress address in node.Addresses)
        {
            bool answers = address.AddressFamily == options.Family && (options.NodePortAddresses.Count == 0 || options.NodePortAddresses.Any(range => range.Contains(address)));
            if (answers)
                yield return Frontend(port, address, port.Port.NodePort, outside) with { IsExternal = !port.IsExternalLocal };
        }
    }

    private static EbpfService Frontend(KubeServicePort port, IPAddress address, ushort number, IReadOnlyList<ServiceEndpoint> endpoints) =>
        new(address, number, port.Port.Protocol, [.. endpoints.Select(endpoint => new IPEndPoint(endpoint.Address, endpoint.Port))])
        {
            AffinitySeconds = (uint)port.Service.ClientAffinitySeconds,
        };
}
