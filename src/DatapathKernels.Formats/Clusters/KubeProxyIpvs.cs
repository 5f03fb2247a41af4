namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// What kube-proxy programs for a cluster's services in IPVS mode, on one node and for one family: virtual servers, sets,
/// addresses of the dummy interface, and the few rules that ask the sets.
/// </summary>
/// <remarks>
/// <para>
/// Source: kubernetes v1.30 pkg/proxy/ipvs/proxier.go, syncProxyRules. Endpoints are selected as in iptables mode
/// (<see cref="EndpointSelection"/>), with one difference of kube-proxy's own: where a policy is Local and the node has no
/// endpoint, all of them serve. A service without endpoints is a virtual server without real ones, which answers nobody.
/// </para>
/// <para>
/// Options that have no meaning here: base chains of the kubelet, localhost node ports (IPVS has none), liberal conntrack,
/// large clusters. kube-proxy adds the endpoints of a service in no order; here it is that of <c>ip:port</c> as text.
/// </para>
/// </remarks>
public static class KubeProxyIpvs
{
    /// <summary>What is programmed once kube-proxy has synced on a node that had nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The family is neither IPv4 nor IPv6, or a service port has a protocol kube-proxy does not know.</exception>
    public static KubeProxyIpvsState Build(Cluster cluster, KubeProxyOptions options)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(options);
        return new KubeIpvsSync(cluster, options).Run();
    }
}
