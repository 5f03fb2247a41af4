using System.Net;

namespace DatapathKernels.Formats.Clusters;

/// <summary>The rules of one service port in the chains that all services share, in the order of syncProxyRules.</summary>
internal sealed partial class KubeProxyRuleset
{
    private void AddDispatch(KubeServicePort port)
    {
        AddClusterIP(port);
        foreach (IPAddress address in port.ExternalIPs)
        {
            if (port.HasEndpoints)
                _nat.Add(port.To(address, Services) with { Comment = port.Name + " external IP", Target = port.ExternalChain });
            RefuseExternal(port, port.To(address, ExternalServices));
        }

        AddLoadBalancer(port);
        if (port.Port.NodePort != 0)
            AddNodePort(port);
        if (port.IsExternalLocal && port.Service.HealthCheckNodePort != 0)
            AddHealthCheck(port);
    }

    /// <summary>Nothing anywhere: refuse, so that the client knows at once. Only elsewhere: drop, as the policy asks.</summary>
    private void AddClusterIP(KubeServicePort port)
    {
        if (port.HasInternalEndpoints)
        {
            _nat.Add(port.To(port.ClusterIP, Services) with { Comment = port.Name + " cluster IP", Target = port.InternalPolicyChain });
            return;
        }

        string why = port.HasEndpoints ? " has no local endpoints" : " has no endpoints";
        _filter.Add(port.To(port.ClusterIP, Services) with { Comment = port.Name + why, Target = port.HasEndpoints ? "DROP" : "REJECT" });
    }

    private void AddLoadBalancer(KubeServicePort port)
    {
        string chain = port.UsesFirewallChain ? port.FirewallChain : port.ExternalChain;
        foreach (IPAddress address in port.LoadBalancerIPs)
        {
            if (port.HasEndpoints)
                _nat.Add(port.To(address, Services) with { Comment = port.Name + " loadbalancer IP", Target = chain });

            // What the firewall chain let pass was translated by then and does not match here.
            if (port.UsesFirewallChain)
                _filter.Add(port.To(address, ProxyFirewall) with { Comment = $"{port.Name} traffic not accepted by {port.FirewallChain}", Target = "DROP" });
        }

        foreach (IPAddress address in port.LoadBalancerIPs)
            RefuseExternal(port, port.To(address, ExternalServices));
    }

    private void AddNodePort(KubeServicePort port)
    {
        KubeRule rule = new(NodePorts) { Protocol = port.Protocol, DestinationPort = port.Port.NodePort };
        if (port.HasEndpoints)
            _nat.Add(rule with { Comment = port.Name, Target = port.ExternalChain });
        RefuseExternal(port, rule with { Chain = ExternalServices, DestinationIsLocal = true });
    }

    /// <summary>The answer to a health check does not depend on endpoints being there: it says whether they are.</summary>
    private void AddHealthCheck(KubeServicePort port) => _filter.Add(new KubeRule(NodePorts)
    {
        Comment = port.Name + " health check node port",
        Protocol = "tcp",
        DestinationPort = port.Service.HealthCheckNodePort,
        Target = "ACCEPT",
    });

    private void RefuseExternal(KubeServicePort port, KubeRule rule)
    {
        if (!port.HasEndpoints)
            _filter.Add(rule with { Comment = port.Name + " has no endpoints", Target = "REJECT" });
        else if (!port.HasExternalEndpoints)
            _filter.Add(rule with { Comment = port.Name + " has no local endpoints", Target = "DROP" });
    }
}
