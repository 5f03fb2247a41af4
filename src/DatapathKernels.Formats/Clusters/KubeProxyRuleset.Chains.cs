using System.Net;

namespace DatapathKernels.Formats.Clusters;

/// <summary>The chains of one service port.</summary>
internal sealed partial class KubeProxyRuleset
{
    /// <summary>Adds them to a table, which is the nat table, or one to compare with.</summary>
    private void AddChains(RulesetTable nat, KubeServicePort port)
    {
        if (port.HasInternalEndpoints)
            AddMasquerade(nat, port);
        if (port.UsesExternalChain)
            AddExternalChain(nat, port);
        if (port.UsesFirewallChain)
            AddFirewallChain(nat, port);
        AddBalancing(nat, port, port.ClusterChain, port.ClusterEndpoints);
        AddBalancing(nat, port, port.LocalChain, port.LocalEndpoints);
        HashSet<string> known = [];
        foreach (ServiceEndpoint endpoint in (IEnumerable<ServiceEndpoint>)[.. port.ClusterEndpoints, .. port.LocalEndpoints])
        {
            string text = EndpointSelection.Text(endpoint);
            if (known.Add(text))
                AddEndpoint(nat, port, KubeProxyChains.Endpoint(port.Name, port.Port.Protocol, text), endpoint.Address, text);
        }
    }

    /// <summary>Traffic to the cluster IP from outside the pods must come back through this node.</summary>
    private void AddMasquerade(RulesetTable nat, KubeServicePort port)
    {
        KubeRule rule = port.To(port.ClusterIP, port.InternalPolicyChain) with { Comment = port.Name + " cluster IP", Target = MarkMasquerade };
        if (_options.MasqueradeAll)
            nat.Add(rule);
        else if (_local.IsDetected)
            nat.Add(_local.IfNot(rule));
    }

    /// <summary>
    /// Traffic to addresses outside the cluster. With policy Cluster it may cross nodes and is masqueraded. With policy Local
    /// it stays, except that pods and the node itself go anywhere, as if they had gone out and come back in.
    /// </summary>
    private void AddExternalChain(RulesetTable nat, KubeServicePort port)
    {
        string chain = port.ExternalChain;
        nat.Declare(chain);
        if (!port.IsExternalLocal)
        {
            nat.Add(new KubeRule(chain) { Comment = $"masquerade traffic for {port.Name} external destinations", Target = MarkMasquerade });
        }
        else
        {
            KubeRule local = new(chain) { SourceIsLocal = true };
            if (_local.IsDetected)
                nat.Add(_local.If(new KubeRule(chain) { Comment = $"pod traffic for {port.Name} external destinations", Target = port.ClusterChain }));
            nat.Add(local with { Comment = $"masquerade LOCAL traffic for {port.Name} external destinations", Target = MarkMasquerade });
            nat.Add(local with { Comment = $"route LOCAL traffic for {port.Name} external destinations", Target = port.ClusterChain });
        }

        if (port.HasExternalEndpoints)
            nat.Add(new KubeRule(chain) { Target = port.ExternalPolicyChain });
    }

    /// <summary>
    /// Who may come through the load balancer. Where the balancer's address is the node's own too, the node comes with that
    /// address as its source. The last rule says where the rest ends: KUBE-PROXY-FIREWALL, in the filter table.
    /// </summary>
    private void AddFirewallChain(RulesetTable nat, KubeServicePort port)
    {
        KubeRule allow = new(port.FirewallChain) { Comment = port.Name + " loadbalancer IP", Target = port.ExternalChain };
        nat.Declare(port.FirewallChain);
        foreach (IPNetwork range in port.SourceRanges)
            nat.Add(allow with { Source = range.ToString() });
        if (_nodeIP is not null && Contains(port.SourceRanges, _nodeIP))
        {
            foreach (IPAddress address in port.LoadBalancerIPs)
                nat.Add(allow with { Source = address.ToString() });
        }

        nat.Add(new KubeRule(port.FirewallChain) { Comment = $"other traffic to {port.Name} will be dropped by KUBE-PROXY-FIREWALL" });
    }

    /// <summary>
    /// First, with affinity, a check for every endpoint whether this client was there lately; then endpoint i of n is
    /// taken with probability 1/(n-i), which makes all equally likely.
    /// </summary>
    private void AddBalancing(RulesetTable nat, KubeServicePort port, string chain, IReadOnlyList<ServiceEndpoint> endpoints)
    {
        if (endpoints.Count == 0)
            return;
        nat.Declare(chain);
        KubeRule[] jumps = new KubeRule[endpoints.Count];
        for (int i = 0; i < jumps.Length; i++)
        {
            string text = EndpointSelection.Text(endpoints[i]);
            jumps[i] = new KubeRule(chain)
            {
                Comment = Comment($"{port.Name} -> {text}"),
                Target = KubeProxyChains.Endpoint(port.Name, port.Port.Protocol, text),
            };
        }

        int seconds = port.Service.ClientAffinitySeconds;
        for (int i = 0; i < jumps.Length && seconds > 0; i++)
            nat.Add(jumps[i] with { RecentCheck = jumps[i].Target, RecentSeconds = seconds });
        for (int i = 0; i < jumps.Length; i++)
            nat.Add(jumps[i] with { Probability = i == jumps.Length - 1 ? 0 : 1.0 / (jumps.Length - i) });
    }

    /// <summary>A pod that reaches itself through the service is masqueraded (hairpin); all others just get their destination.</summary>
    private void AddEndpoint(RulesetTable nat, KubeServicePort port, string chain, IPAddress address, string text)
    {
        string? comment = Comment(port.Name);
        nat.Declare(chain);
        nat.Add(new KubeRule(chain) { Comment = comment, Source = address.ToString(), Target = MarkMasquerade });
        nat.Add(new KubeRule(chain)
        {
            Comment = comment,
            RecentSet = port.Service.ClientAffinitySeconds > 0 ? chain : null,
            Protocol = port.Protocol,
            Target = "DNAT --to-destination " + text,
        });
    }

    private string? Comment(string text) => _largeCluster ? null : text;
}
