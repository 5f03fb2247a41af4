namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// The iptables rules kube-proxy programs for a cluster's services, on one node and for one family.
/// </summary>
/// <remarks>
/// Source: kubernetes v1.30 pkg/proxy/iptables/proxier.go, syncProxyRules. Size, for S services of E usable endpoints: 4 rules in
/// the filter table, and in the nat table 5 + S(2 + 3E) for cluster IPs alone; node port, external IP, load balancer address
/// and one source range add 7 there and 1 in the filter table. A service without endpoints has none in nat and one refusal
/// an address in filter.
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

    /// <summary>
    /// Writes what kube-proxy sends to <c>iptables-restore --noflush</c> when a cluster changed (a partial sync, KEP-3453): the
    /// shared chains, the chains of the services that changed, and <c>-X</c> for those that are gone. In large-cluster mode the
    /// gone ones stay for a later cleanup.
    /// </summary>
    /// <param name="before">The cluster whose rules are programmed.</param>
    /// <param name="after">The cluster now.</param>
    /// <param name="options">The node's configuration, the same for both; without <see cref="KubeProxyOptions.BaseChains"/>, which are not part of a sync.</param>
    /// <param name="writer">Where to.</param>
    /// <param name="full">True for a full sync, as after an error: the chains of every service.</param>
    public static void WriteUpdate(Cluster before, Cluster after, KubeProxyOptions options, TextWriter writer, bool full = false)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(writer);
        KubeProxyOptions sync = options with { BaseChains = false };
        new KubeProxyRuleset(after, sync).WriteUpdate(new KubeProxyRuleset(before, sync), full, writer);
    }
}
