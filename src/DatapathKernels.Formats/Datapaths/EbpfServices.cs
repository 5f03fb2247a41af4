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
        yield return Frontend(port, port.ClusterIP, port.Port.Port, port.Service.InternalTrafficLocal ? port.LocalEndpoints : port.ClusterEndpoints) with { IsClusterIP = true };
        foreach (IPAddress address in port.ExternalIPs)
            yield return Outside(port, address, port.Port.Port);
        foreach (IPAddress address in port.LoadBalancerIPs)
            yield return Outside(port, address, port.Port.Port) with { SourceRanges = port.SourceRanges };
        if (port.Port.NodePort == 0)
            yield break;
        foreach (IPAddress address in node.Addresses)
        {
            bool answers = address.AddressFamily == options.Family && (options.NodePortAddresses.Count == 0 || options.NodePortAddresses.Any(range => range.Contains(address)));
            if (answers)
                yield return Outside(port, address, port.Port.NodePort);
        }
    }

    /// <summary>With policy Local, clients from outside stay on the node; its own go anywhere.</summary>
    private static EbpfService Outside(KubeServicePort port, IPAddress address, ushort number) => port.IsExternalLocal
        ? Frontend(port, address, number, port.LocalEndpoints) with { InsideBackends = EndPointsOf(port.ClusterEndpoints) }
        : Frontend(port, address, number, port.ClusterEndpoints) with { IsExternal = true };

    private static EbpfService Frontend(KubeServicePort port, IPAddress address, ushort number, IReadOnlyList<ServiceEndpoint> endpoints) =>
        new(address, number, port.Port.Protocol, EndPointsOf(endpoints))
        {
            AffinitySeconds = (uint)port.Service.ClientAffinitySeconds,
        };

    private static IPEndPoint[] EndPointsOf(IReadOnlyList<ServiceEndpoint> endpoints) => [.. endpoints.Select(endpoint => new IPEndPoint(endpoint.Address, endpoint.Port))];
}
