using System.Net;

namespace DatapathKernels.Formats.Clusters;

/// <summary>One full sync of kube-proxy in nftables mode, line by line: first what all services share.</summary>
internal sealed partial class KubeProxyNftRuleset
{
    private const string MarkMasquerade = "jump mark-for-masquerade";

    private readonly TextWriter _writer;
    private readonly KubeProxyNode _node;
    private readonly KubeProxyOptions _options;
    private readonly bool _v133;
    private readonly string _ip;
    private readonly string _address;
    private readonly string _serviceRanges;

    public KubeProxyNftRuleset(Cluster cluster, KubeProxyOptions options, TextWriter writer)
    {
        _writer = writer;
        _options = options;
        _node = new KubeProxyNode(cluster, options);
        _v133 = options.NftablesRelease == NftablesRelease.V133;
        _ip = _node.IsV6 ? "ip6" : "ip";
        _address = _node.IsV6 ? "ipv6_addr" : "ipv4_addr";
        _serviceRanges = string.Join(" , ", (options.ServiceRanges ?? cluster.ServiceRanges).Where(range => range.BaseAddress.AddressFamily == options.Family));
    }

    public void Write()
    {
        _writer.Write($"add table {_ip} kube-proxy {{ comment \"rules for kube-proxy\" ; }}\n");
        WriteBaseChains();
        foreach (string chain in (ReadOnlySpan<string>)["nodeport-endpoints-check", "service-endpoints-check", "firewall-check", "services", "masquerading", "cluster-ips-check", "mark-for-masquerade"])
            AddChain(chain);
        WriteJumps();
        WriteMasquerading();
        WriteClusterIPs();
        WriteNodePortAddresses();
        WriteEndpointChecks();
        WriteDispatch();
        foreach (KubeServicePort port in _node.ServicePorts())
            WriteService(port);
    }

    private void AddChain(string name, string block = "") => _writer.Write($"add chain {_ip} kube-proxy {name}{block}\n");

    private void AddRule(string chain, string rule) => _writer.Write($"add rule {_ip} kube-proxy {chain} {rule}\n");

    private void AddMap(string name, string key, string comment) =>
        _writer.Write($"add map {_ip} kube-proxy {name} {{ type {key}inet_proto . inet_service : verdict ; comment \"{comment}\" ; }}\n");

    private void AddSet(string name, string comment) => _writer.Write($"add set {_ip} kube-proxy {name} {{ type {_address} ; comment \"{comment}\" ; }}\n");

    private void AddElement(string set, string element) => _writer.Write($"add element {_ip} kube-proxy {set} {{ {element} }}\n");

    private void AddBase(string name, string type, string hook, int priority) =>
        AddChain(name, $" {{ type {type} hook {hook} priority {priority} ; }}");

    private void WriteBaseChains()
    {
        if (_v133)
        {
            AddBase("filter-prerouting-pre-dnat", "filter", "prerouting", -110);
            AddBase("filter-output-pre-dnat", "filter", "output", -110);
        }
        else
        {
            AddBase("filter-prerouting", "filter", "prerouting", -110);
        }

        int filter = _v133 ? 0 : -110;
        AddBase("filter-input", "filter", "input", filter);
        AddBase("filter-forward", "filter", "forward", filter);
        AddBase("filter-output", "filter", "output", filter);
        if (!_v133)
            AddBase("filter-output-post-dnat", "filter", "output", -90);
        AddBase("nat-prerouting", "nat", "prerouting", -100);
        AddBase("nat-output", "nat", "output", -100);
        AddBase("nat-postrouting", "nat", "postrouting", 100);
    }

    private void WriteJumps()
    {
        AddRule("filter-input", "ct state new jump nodeport-endpoints-check");
        AddRule("filter-input", "ct state new jump service-endpoints-check");
        AddRule("filter-forward", "ct state new jump service-endpoints-check");
        AddRule("filter-output", "ct state new jump service-endpoints-check");
        AddRule(_v133 ? "filter-prerouting-pre-dnat" : "filter-prerouting", "ct state new jump firewall-check");
        AddRule(_v133 ? "filter-output-pre-dnat" : "filter-output", "ct state new jump firewall-check");
        AddRule("nat-output", "jump services");
        AddRule("nat-prerouting", "jump services");
        AddRule("nat-postrouting", "jump masquerading");
        AddRule("filter-forward", "ct state new jump cluster-ips-check");
        AddRule(_v133 ? "filter-output" : "filter-output-post-dnat", "ct state new jump cluster-ips-check");
    }

    private void WriteMasquerading()
    {
        AddRule("mark-for-masquerade", "mark set mark or " + _node.MasqueradeMark.Value);
        AddRule("masquerading", $"mark and {_node.MasqueradeMark.Value} == 0 return");
        AddRule("masquerading", "mark set mark xor " + _node.MasqueradeMark.Value);
        AddRule("masquerading", "masquerade fully-random");
    }

    /// <summary>What reaches this check was not translated: a port no service has, or an address no service has.</summary>
    private void WriteClusterIPs()
    {
        AddSet("cluster-ips", "Active ClusterIPs");
        AddRule("cluster-ips-check", $"{_ip} daddr @cluster-ips reject comment \"Reject traffic to invalid ports of ClusterIPs\"");
        if (_serviceRanges.Length > 0)
            AddRule("cluster-ips-check", $"{_ip} daddr {{ {_serviceRanges} }} drop comment \"Drop traffic to unallocated ClusterIPs\"");
    }

    private void WriteNodePortAddresses()
    {
        if (_options.NodePortAddresses.Count == 0)
            return;
        AddSet("nodeport-ips", "IPs that accept NodePort traffic");
        foreach (IPAddress address in _node.InterfaceAddresses)
        {
            if (address.AddressFamily == _options.Family && !IPAddress.IsLoopback(address) && Contains(_options.NodePortAddresses, address))
                AddElement("nodeport-ips", address.ToString());
        }
    }

    private static bool Contains(IReadOnlyList<IPNetwork> ranges, IPAddress address) => ranges.Any(range => range.Contains(address));

    private void WriteEndpointChecks()
    {
        AddMap("no-endpoint-services", _address + " . ", "vmap to drop or reject packets to services with no endpoints");
        AddMap("no-endpoint-nodeports", "", "vmap to drop or reject packets to service nodeports with no endpoints");
        AddChain("reject-chain", " { comment \"helper for @no-endpoint-services / @no-endpoint-nodeports\" ; }");
        AddRule("reject-chain", "reject");
        AddRule("service-endpoints-check", $"{_ip} daddr . meta l4proto . th dport vmap @no-endpoint-services");
        AddRule("nodeport-endpoints-check", $"{NodePortDestination("")} meta l4proto . th dport vmap @no-endpoint-nodeports");
    }

    private void WriteDispatch()
    {
        AddMap("firewall-ips", _address + " . ", "destinations that are subject to LoadBalancerSourceRanges");
        AddRule("firewall-check", $"{_ip} daddr . meta l4proto . th dport vmap @firewall-ips");
        AddMap("service-ips", _address + " . ", "ClusterIP, ExternalIP and LoadBalancer IP traffic");
        AddMap("service-nodeports", "", "NodePort traffic");
        AddRule("services", $"{_ip} daddr . meta l4proto . th dport vmap @service-ips");
        AddRule("services", $"{NodePortDestination("fib daddr type local ")} meta l4proto . th dport vmap @service-nodeports");
    }

    /// <summary>The addresses node ports answer at: those configured, or all of the node's but the loopback ones.</summary>
    private string NodePortDestination(string local)
    {
        if (_options.NodePortAddresses.Count > 0)
            return $"{_ip} daddr @nodeport-ips";
        return $"{local}{_ip} daddr != {(_node.IsV6 ? "::1" : "127.0.0.0/8")}";
    }
}
