using System.Net;

namespace DatapathKernels.Formats.Clusters;

/// <summary>The chains and elements of one service port, in the order of syncProxyRules.</summary>
internal sealed partial class KubeProxyNftRuleset
{
    private void WriteService(KubeServicePort port)
    {
        string name = KubeProxyNftChains.ServicePort(port.Service, port.Port);
        ServiceEndpoint[] endpoints = [.. port.ClusterEndpoints.Concat(port.LocalEndpoints).DistinctBy(EndpointSelection.Text).OrderBy(EndpointSelection.Text, StringComparer.Ordinal)];
        foreach (ServiceEndpoint endpoint in endpoints)
            AddEndpointChain(port, endpoint);
        if (port.ClusterEndpoints.Count > 0)
            AddChain("service-" + name);
        if (port.LocalEndpoints.Count > 0)
            AddChain("local-" + name);
        if (port.UsesExternalChain)
            AddChain("external-" + name);

        WriteClusterIP(port, name);
        WriteExternalIPs(port, name);
        WriteLoadBalancer(port, name);
        WriteNodePort(port, name);
        if (port.HasInternalEndpoints)
            WriteMasquerade(port, name);
        if (port.UsesExternalChain)
            WriteExternalChain(port, name);
        WriteBalancing(port, "service-" + name, port.ClusterEndpoints);
        WriteBalancing(port, "local-" + name, port.LocalEndpoints);
        foreach (ServiceEndpoint endpoint in endpoints)
            WriteEndpoint(port, endpoint);
    }

    private static string EndpointOf(KubeServicePort port, ServiceEndpoint endpoint) => KubeProxyNftChains.Endpoint(port.Service, port.Port, endpoint);

    private static bool HasAffinity(KubeServicePort port) => port.Service.ClientAffinitySeconds > 0;

    private static string InternalChain(KubeServicePort port, string name) => (port.Service.InternalTrafficLocal ? "local-" : "service-") + name;

    private void AddEndpointChain(KubeServicePort port, ServiceEndpoint endpoint)
    {
        string name = EndpointOf(port, endpoint);
        AddChain("endpoint-" + name);
        if (HasAffinity(port))
            _writer.Write($"add set {_ip} kube-proxy affinity-{name} {{ type {_address} ; flags dynamic,timeout ; timeout {port.Service.ClientAffinitySeconds}s ; }}\n");
    }

    private void WriteClusterIP(KubeServicePort port, string name)
    {
        AddElement("cluster-ips", port.ClusterIP.ToString());
        if (port.HasInternalEndpoints)
            AddElement("service-ips", $"{KeyOf(port.ClusterIP, port)} : goto {InternalChain(port, name)}");
        else
            Refuse(port, KeyOf(port.ClusterIP, port), "no-endpoint-services");
    }

    private void WriteExternalIPs(KubeServicePort port, string name)
    {
        foreach (IPAddress address in port.ExternalIPs)
            WriteExternal(port, name, address);
    }

    private void WriteExternal(KubeServicePort port, string name, IPAddress address)
    {
        if (port.HasEndpoints)
            AddElement("service-ips", $"{KeyOf(address, port)} : goto external-{name}");
        if (!port.HasExternalEndpoints)
            Refuse(port, KeyOf(address, port), "no-endpoint-services");
    }

    private void WriteLoadBalancer(KubeServicePort port, string name)
    {
        if (port.UsesFirewallChain)
        {
            AddChain("firewall-" + name);
            AddRule("firewall-" + name, $"{_ip} saddr != {{ {string.Join(" , ", SourcesOf(port))} }} drop");
        }

        foreach (IPAddress address in port.LoadBalancerIPs)
        {
            WriteExternal(port, name, address);
            if (port.UsesFirewallChain)
                AddElement("firewall-ips", $"{KeyOf(address, port)}{(_v133 ? "" : Comment(port))} : goto firewall-{name}");
        }
    }

    /// <summary>Who may come through the load balancer; the node itself comes with the balancer's address where that is its own too.</summary>
    private IEnumerable<string> SourcesOf(KubeServicePort port)
    {
        IEnumerable<string> ranges = port.SourceRanges.Select(range => range.ToString());
        return _node.Address is not null && Contains(port.SourceRanges, _node.Address)
            ? ranges.Concat(port.LoadBalancerIPs.Select(address => address.ToString()))
            : ranges;
    }

    private void WriteNodePort(KubeServicePort port, string name)
    {
        if (port.Port.NodePort == 0)
            return;
        string key = $"{port.Protocol} . {port.Port.NodePort}";
        if (port.HasEndpoints)
            AddElement("service-nodeports", $"{key} : goto external-{name}");
        if (!port.HasExternalEndpoints)
            Refuse(port, key, "no-endpoint-nodeports");
    }

    /// <summary>Nothing anywhere: refuse, so that the client knows at once. Only elsewhere: drop, as the policy asks.</summary>
    private void Refuse(KubeServicePort port, string key, string map) =>
        AddElement(map, $"{key}{Comment(port)} : {(port.HasEndpoints ? "drop" : "goto reject-chain")}");

    /// <summary>Traffic to the cluster IP from outside the pods must come back through this node.</summary>
    private void WriteMasquerade(KubeServicePort port, string name)
    {
        string to = $"{_ip} daddr {port.ClusterIP}{(_v133 ? "" : $" {port.Protocol} dport {port.Port.Port}")}";
        if (_options.MasqueradeAll)
            AddRule(InternalChain(port, name), $"{to} {MarkMasquerade}");
        else if (_node.Local.IsDetected)
            AddRule(InternalChain(port, name), $"{to} {_node.Local.IfNotNft(_ip)} {MarkMasquerade}");
    }

    /// <summary>
    /// Traffic to addresses outside the cluster. With policy Cluster it may cross nodes and is masqueraded. With policy Local
    /// it stays, except that pods and the node itself go anywhere, as if they had gone out and come back in.
    /// </summary>
    private void WriteExternalChain(KubeServicePort port, string name)
    {
        string chain = "external-" + name;
        if (!port.IsExternalLocal)
        {
            AddRule(chain, MarkMasquerade);
            AddRule(chain, "goto service-" + name);
            return;
        }

        if (_node.Local.IsDetected)
            AddRule(chain, $"{_node.Local.IfNft(_ip)} goto service-{name} comment \"short-circuit pod traffic\"");
        AddRule(chain, $"fib saddr type local {MarkMasquerade} comment \"masquerade local traffic\"");
        AddRule(chain, $"fib saddr type local goto service-{name} comment \"short-circuit local traffic\"");
        if (port.HasExternalEndpoints)
            AddRule(chain, "goto local-" + name);
    }

    /// <summary>First, with affinity, a look for every endpoint whether this client was there lately; then one draw among all.</summary>
    private void WriteBalancing(KubeServicePort port, string chain, IReadOnlyList<ServiceEndpoint> endpoints)
    {
        if (endpoints.Count == 0)
            return;
        foreach (ServiceEndpoint endpoint in HasAffinity(port) ? endpoints : [])
            AddRule(chain, $"{_ip} saddr @affinity-{EndpointOf(port, endpoint)} goto endpoint-{EndpointOf(port, endpoint)}");
        IEnumerable<string> shares = endpoints.Select((endpoint, i) => $"{i} : goto endpoint-{EndpointOf(port, endpoint)}");
        AddRule(chain, $"numgen random mod {endpoints.Count} vmap {{ {string.Join(" , ", shares)} }}");
    }

    /// <summary>A pod that reaches itself through the service is masqueraded (hairpin); all others just get their destination.</summary>
    private void WriteEndpoint(KubeServicePort port, ServiceEndpoint endpoint)
    {
        string name = EndpointOf(port, endpoint);
        AddRule("endpoint-" + name, $"{_ip} saddr {endpoint.Address} {MarkMasquerade}");
        if (HasAffinity(port))
            AddRule("endpoint-" + name, $"update @affinity-{name} {{ {_ip} saddr }}");
        AddRule("endpoint-" + name, $"meta l4proto {port.Protocol} dnat to {EndpointSelection.Text(endpoint)}");
    }

    private static string KeyOf(IPAddress address, KubeServicePort port) => $"{address} . {port.Protocol} . {port.Port.Port}";

    private static string Comment(KubeServicePort port) => $" comment \"{port.Name}\"";
}
