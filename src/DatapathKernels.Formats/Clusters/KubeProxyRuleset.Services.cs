using System.Net;

namespace DatapathKernels.Formats.Clusters;

/// <summary>The chains and rules of one service port.</summary>
internal sealed partial class KubeProxyRuleset
{
    private void AddServicePort(ClusterService service, ServicePort port)
    {
        if (service.ClusterIP(_options.Family) is not { } clusterIP)
            return;
        ServiceRules rules = new(service, port, clusterIP);
        EndpointSelection selection = EndpointSelection.Select(port, _options.Family, _node, _zone);
        IReadOnlyList<ServiceEndpoint> endpoints = service.InternalTrafficLocal ? selection.Local : selection.Cluster;
        if (endpoints.Count == 0)
        {
            // Nothing anywhere: refuse, so that the client knows at once. Only elsewhere: drop, as the policy asks.
            string why = selection.Any ? " has no local endpoints" : " has no endpoints";
            _filter.Add(rules.ToClusterIP(Services) with { Comment = rules.Name + why, Target = selection.Any ? "DROP" : "REJECT" });
            return;
        }

        string chain = service.InternalTrafficLocal
            ? KubeProxyChains.ServiceLocal(rules.Name, port.Protocol)
            : KubeProxyChains.Service(rules.Name, port.Protocol);
        _nat.Declare(chain);
        _nat.Add(rules.ToClusterIP(Services) with { Comment = rules.Name + " cluster IP", Target = chain });
        AddMasquerade(rules, chain);
        AddBalancing(rules, chain, endpoints);
    }

    /// <summary>Traffic to the cluster IP from outside the pods must come back through this node.</summary>
    private void AddMasquerade(in ServiceRules rules, string chain)
    {
        KubeRule rule = rules.ToClusterIP(chain) with { Comment = rules.Name + " cluster IP", Target = MarkMasquerade };
        if (_options.MasqueradeAll)
            _nat.Add(rule);
        else if (_podRange is not null)
            _nat.Add(rule with { Source = _podRange, NotSource = true });
    }

    /// <summary>
    /// First, with affinity, a check for every endpoint whether this client was there lately; then endpoint i of n is
    /// taken with probability 1/(n-i), which makes all equally likely.
    /// </summary>
    private void AddBalancing(in ServiceRules rules, string chain, IReadOnlyList<ServiceEndpoint> endpoints)
    {
        string[] texts = new string[endpoints.Count];
        string[] chains = new string[endpoints.Count];
        for (int i = 0; i < chains.Length; i++)
        {
            texts[i] = EndpointSelection.Text(endpoints[i]);
            chains[i] = KubeProxyChains.Endpoint(rules.Name, rules.Port.Protocol, texts[i]);
            _nat.Declare(chains[i]);
        }

        int seconds = rules.Service.ClientAffinitySeconds;
        for (int i = 0; i < chains.Length && seconds > 0; i++)
            _nat.Add(new KubeRule(chain) { Comment = Comment($"{rules.Name} -> {texts[i]}"), RecentCheck = chains[i], RecentSeconds = seconds, Target = chains[i] });

        for (int i = 0; i < chains.Length; i++)
        {
            bool last = i == chains.Length - 1;
            _nat.Add(new KubeRule(chain)
            {
                Comment = Comment($"{rules.Name} -> {texts[i]}"),
                Probability = last ? 0 : 1.0 / (chains.Length - i),
                Target = chains[i],
            });
        }

        for (int i = 0; i < chains.Length; i++)
            AddEndpoint(rules, chains[i], endpoints[i].Address, texts[i]);
    }

    /// <summary>A pod that reaches itself through the service is masqueraded (hairpin); all others just get their destination.</summary>
    private void AddEndpoint(in ServiceRules rules, string chain, IPAddress address, string text)
    {
        string? comment = Comment(rules.Name);
        _nat.Add(new KubeRule(chain) { Comment = comment, Source = address.ToString(), Target = MarkMasquerade });
        _nat.Add(new KubeRule(chain)
        {
            Comment = comment,
            RecentSet = rules.Service.ClientAffinitySeconds > 0 ? chain : null,
            Protocol = rules.Protocol,
            Target = "DNAT --to-destination " + text,
        });
    }

    private string? Comment(string text) => _largeCluster ? null : text;

    /// <summary>What the rules of one service port have in common.</summary>
    private readonly record struct ServiceRules(ClusterService Service, ServicePort Port, IPAddress ClusterIP)
    {
        public string Name { get; } = Service.PortName(Port);

        public string Protocol { get; } = KubeProxyChains.ProtocolName(Port.Protocol);

        public KubeRule ToClusterIP(string chain) => new(chain)
        {
            Protocol = Protocol,
            Destination = ClusterIP.ToString(),
            DestinationPort = Port.Port,
        };
    }
}
