namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// The iptables rules kube-proxy programs for a cluster's services of type ClusterIP, on one node and for one family.
/// </summary>
/// <remarks>
/// Source: kubernetes v1.30 pkg/proxy/iptables/proxier.go, syncProxyRules. Size, for S services of E usable endpoints:
/// 5 + S(2 + 3E) rules in the nat table and 4 in the filter table; a service without any has none in nat and one in filter.
/// </remarks>
public static class KubeProxyIptables
{
    /// <summary>Writes the ruleset, lines ended by <c>\n</c>: the filter table, then the nat table.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The family is neither IPv4 nor IPv6, or a service port has a protocol kube-proxy does not know.</exception>
    public static void Write(Cluster cluster, KubeProxyOptions options, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(writer);
        new KubeProxyRuleset(cluster, options).Write(writer);
    }

    /// <summary>The same as one string.</summary>
    public static string ToText(Cluster cluster, KubeProxyOptions options)
    {
        using StringWriter writer = new();
        Write(cluster, options, writer);
        return writer.ToString();
    }
}
