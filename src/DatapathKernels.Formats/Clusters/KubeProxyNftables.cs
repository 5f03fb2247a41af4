namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// The nftables rules kube-proxy programs for a cluster's services, on one node and for one family.
/// </summary>
/// <remarks>
/// Source: kubernetes v1.30 and v1.33 pkg/proxy/nftables/proxier.go, syncProxyRules. However many services there are, a packet
/// meets the same few rules: the services are elements of maps. A service of E endpoints is one chain of one or two rules
/// besides, and a chain of two for every endpoint.
/// </remarks>
public static class KubeProxyNftables
{
    /// <summary>Writes the ruleset as kube-proxy sends it to <c>nft -f</c>, lines ended by <c>\n</c>: what is shared, then service after service.</summary>
    /// <param name="cluster">The services.</param>
    /// <param name="options">The node's configuration. Spelling, base chains, conntrack and localhost node ports have no meaning in this mode.</param>
    /// <param name="writer">Where to.</param>
    /// <exception cref="ArgumentOutOfRangeException">The family is neither IPv4 nor IPv6, or a service port has a protocol kube-proxy does not know.</exception>
    public static void Write(Cluster cluster, KubeProxyOptions options, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(writer);
        new KubeProxyNftRuleset(cluster, options, writer).Write();
    }

    /// <summary>The same as one string.</summary>
    public static string ToText(Cluster cluster, KubeProxyOptions options)
    {
        using StringWriter writer = new();
        Write(cluster, options, writer);
        return writer.ToString();
    }
}
