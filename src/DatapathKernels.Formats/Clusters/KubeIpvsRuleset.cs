using System.Globalization;
using DatapathKernels.Formats.Ipvs;

namespace DatapathKernels.Formats.Clusters;

/// <summary>The iptables rules of kube-proxy's IPVS mode: they ask the sets, so their number does not grow with the services.</summary>
/// <remarks>Source: kubernetes v1.30 pkg/proxy/ipvs/proxier.go, writeIptablesRules and createAndLinkKubeChain.</remarks>
internal sealed class KubeIpvsRuleset(KubeIpvsSets sets, KubeProxyNode node, KubeProxyOptions options, IReadOnlyList<IpvsServiceId> closedToNode)
{
    private const string Services = "KUBE-SERVICES", Postrouting = "KUBE-POSTROUTING", NodePort = "KUBE-NODE-PORT", LoadBalancer = "KUBE-LOAD-BALANCER";
    private const string MarkMasquerade = "KUBE-MARK-MASQ", Forward = "KUBE-FORWARD", ProxyFirewall = "KUBE-PROXY-FIREWALL";
    private const string SourceRanges = "KUBE-SOURCE-RANGES-FIREWALL", Filter = "KUBE-IPVS-FILTER", OutFilter = "KUBE-IPVS-OUT-FILTER";
    private const string Endpoint = "dst,dst", EndpointAndSource = "dst,dst,src", Port = "dst";

    private readonly RulesetTable _filter = new("filter", options.Spelling, node.IsV6);
    private readonly RulesetTable _nat = new("nat", options.Spelling, node.IsV6);

    public string ToText()
    {
        Declare();
        AddSetRules();
        AddClusterIP();
        AddExternalIPs();
        AddEndOfServices();
        AddFilter();
        AddMasquerade();
        using StringWriter writer = new(CultureInfo.InvariantCulture);
        bool save = options.Spelling == RulesetSpelling.Save;
        (save ? _filter : _nat).WriteTo(writer, sorted: save);
        (save ? _nat : _filter).WriteTo(writer, sorted: save);
        return writer.ToString();
    }

    private void Declare()
    {
        foreach (string chain in (ReadOnlySpan<string>)[Services, Postrouting, NodePort, LoadBalancer, MarkMasquerade])
            _nat.Declare(chain);
        foreach (string chain in (ReadOnlySpan<string>)[Forward, NodePort, ProxyFirewall, SourceRanges, Filter, OutFilter])
            _filter.Declare(chain);
        if (options.BaseChains)
            AddBaseChains();
    }

    /// <summary>kube-proxy inserts each jump at the head of its chain, so they stand in the reverse of the order in its source.</summary>
    private void AddBaseChains()
    {
        foreach (string chain in (ReadOnlySpan<string>)["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"])
            _nat.DeclareBase(chain);
        Jump(_nat, "PREROUTING", "kubernetes service portals", Services);
        Jump(_nat, "OUTPUT", "kubernetes service portals", Services);
        Jump(_nat, "POSTROUTING", "kubernetes postrouting rules", Postrouting);
        foreach (string chain in (ReadOnlySpan<string>)["INPUT", "FORWARD", "OUTPUT"])
            _filter.DeclareBase(chain);
        Jump(_filter, "INPUT", "kubernetes ipvs access filter", Filter);
        Jump(_filter, "INPUT", "kube-proxy firewall rules", ProxyFirewall);
        Jump(_filter, "INPUT", "kubernetes health check rules", NodePort);
        Jump(_filter, "FORWARD", "kube-proxy firewall rules", ProxyFirewall);
        Jump(_filter, "FORWARD", "kubernetes forwarding rules", Forward);
        Jump(_filter, "OUTPUT", "kubernetes ipvs access filter", OutFilter);
    }

    private static void Jump(RulesetTable table, string from, string comment, string to) => table.Add(new KubeSetRule(from, to) { Comment = comment });

    /// <summary>One rule for each set that has an entry. Ports whose policy is Local come first: their traffic is not masqueraded.</summary>
    private void AddSetRules()
    {
        _nat.Add(new KubeSetRule(Services, "RETURN") { Source = node.IsV6 ? "::1/128" : "127.0.0.0/8" });
        Add(_nat, Postrouting, KubeIpvsSets.LoopBack, EndpointAndSource, "MASQUERADE");
        Add(_nat, Services, KubeIpvsSets.LoadBalancer, Endpoint, LoadBalancer);
        Add(_nat, LoadBalancer, KubeIpvsSets.LoadBalancerLocal, Endpoint, "RETURN");
        Add(_nat, NodePort, KubeIpvsSets.NodePortLocalTcp, Port, "RETURN", "tcp");
        Add(_nat, NodePort, KubeIpvsSets.NodePortTcp, Port, MarkMasquerade, "tcp");
        Add(_nat, NodePort, KubeIpvsSets.NodePortLocalUdp, Port, "RETURN", "udp");
        Add(_nat, NodePort, KubeIpvsSets.NodePortUdp, Port, MarkMasquerade, "udp");
        Add(_nat, NodePort, KubeIpvsSets.NodePortLocalSctp, Endpoint, "RETURN", "sctp");
        Add(_nat, NodePort, KubeIpvsSets.NodePortSctp, Endpoint, MarkMasquerade, "sctp");
        Add(_filter, ProxyFirewall, KubeIpvsSets.LoadBalancerFirewall, Endpoint, SourceRanges);
        Add(_filter, SourceRanges, KubeIpvsSets.SourceRange, EndpointAndSource, "RETURN");
        Add(_filter, SourceRanges, KubeIpvsSets.SourceIP, EndpointAndSource, "RETURN");
    }

    /// <summary>
    /// Traffic from outside the pods comes back through this node. Where pods are not told apart, only what starts at an
    /// address of a service does: the node takes one of those for its own when it talks to a service.
    /// </summary>
    private void AddClusterIP()
    {
        if (!sets.IsUsed(KubeIpvsSets.ClusterIP))
            return;
        KubeSetRule rule = Rule(Services, KubeIpvsSets.ClusterIP, Endpoint, MarkMasquerade);
        if (options.MasqueradeAll)
            _nat.Add(rule);
        else if (node.Local.IsDetected)
            _nat.Add(node.Local.IfNot(rule));
        else
            _nat.Add(Rule(Services, KubeIpvsSets.ClusterIP, "src,dst", MarkMasquerade));
    }

    /// <summary>External addresses are for traffic from off the machine, and for those the machine itself takes for its own.</summary>
    private void AddExternalIPs()
    {
        Add(_nat, Services, KubeIpvsSets.ExternalIP, Endpoint, MarkMasquerade);
        foreach (string set in (ReadOnlySpan<string>)[KubeIpvsSets.ExternalIP, KubeIpvsSets.ExternalIPLocal])
        {
            if (!sets.IsUsed(set))
                continue;
            KubeSetRule rule = Rule(Services, set, Endpoint, "ACCEPT");
            _nat.Add(rule with { Further = "-m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL" });
            _nat.Add(rule with { Further = "-m addrtype --dst-type LOCAL" });
        }
    }

    private void AddEndOfServices()
    {
        _nat.Add(new KubeSetRule(Services, NodePort) { Further = "-m addrtype --dst-type LOCAL" });
        _nat.Add(new KubeSetRule(LoadBalancer, MarkMasquerade));
        foreach (string set in (ReadOnlySpan<string>)[KubeIpvsSets.ClusterIP, KubeIpvsSets.LoadBalancer])
        {
            if (sets.IsUsed(set))
                _nat.Add(Rule(Services, set, Endpoint, "ACCEPT") with { Comment = null });
        }
    }

    private void AddFilter()
    {
        _filter.Add(new KubeSetRule(SourceRanges, "DROP"));
        foreach (IpvsServiceId id in closedToNode)
            _filter.Add(new KubeSetRule(OutFilter, "DROP") { Source = id.Address.ToString(), Further = VirtualServer(id) });
        _filter.Add(new KubeRule(Forward) { Comment = "kubernetes forwarding rules", Mark = node.MasqueradeMark.Tested, Target = "ACCEPT" });
        _filter.Add(new KubeRule(Forward) { Comment = "kubernetes forwarding conntrack rule", States = "RELATED,ESTABLISHED", Target = "ACCEPT" });
        _filter.Add(Rule(NodePort, KubeIpvsSets.HealthCheck, Port, "ACCEPT"));

        // The node listens at the addresses of services too: what is not a service's port is nobody's business there.
        foreach (string set in (ReadOnlySpan<string>)[KubeIpvsSets.LoadBalancer, KubeIpvsSets.ClusterIP, KubeIpvsSets.ExternalIP, KubeIpvsSets.ExternalIPLocal])
            _filter.Add(Rule(Filter, set, Endpoint, "RETURN") with { Comment = null });
        _filter.Add(Rule(Filter, KubeIpvsSets.HealthCheck, Port, "RETURN") with { Comment = null });
        _filter.Add(Rule(Filter, KubeIpvsSets.BoundAddresses, Port, "REJECT") with { Comment = null, States = "NEW" });
    }

    private void AddMasquerade()
    {
        _nat.Add(new KubeRule(Postrouting) { Mark = node.MasqueradeMark.Tested, NotMark = true, Target = "RETURN" });
        _nat.Add(new KubeRule(Postrouting) { Target = node.MasqueradeMark.Clear });
        _nat.Add(new KubeRule(Postrouting)
        {
            Comment = "kubernetes service traffic requiring SNAT",
            Target = options.RandomFully ? "MASQUERADE --random-fully" : "MASQUERADE",
        });
        _nat.Add(new KubeRule(MarkMasquerade) { Target = node.MasqueradeMark.Set });
    }

    /// <summary>iptables-save prints the protocol of this match as a number.</summary>
    private string VirtualServer(IpvsServiceId id)
    {
        string protocol = options.Spelling == RulesetSpelling.Save
            ? ((byte)id.Protocol).ToString(CultureInfo.InvariantCulture)
            : KubeProxyChains.ProtocolName(id.Protocol);
        return string.Create(CultureInfo.InvariantCulture, $"-m ipvs --vaddr {id.Address} --vproto {protocol} --vport {id.Port}");
    }

    private void Add(RulesetTable table, string chain, string set, string sides, string target, string? protocol = null)
    {
        if (sets.IsUsed(set))
            table.Add(Rule(chain, set, sides, target) with { Protocol = protocol });
    }

    private KubeSetRule Rule(string chain, string set, string sides, string target) =>
        new(chain, target) { Comment = KubeIpvsSets.CommentOf(set), Set = $"{sets.NameOf(set)} {sides}" };
}
