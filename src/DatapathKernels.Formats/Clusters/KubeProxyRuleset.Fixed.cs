using System.Net;

namespace DatapathKernels.Formats.Clusters;

/// <summary>The chains and rules that do not depend on services.</summary>
internal sealed partial class KubeProxyRuleset
{
    private const string ExternalServices = "KUBE-EXTERNAL-SERVICES";
    private const string Firewall = "KUBE-FIREWALL";
    private const string Forward = "KUBE-FORWARD";
    private const string ProxyFirewall = "KUBE-PROXY-FIREWALL";
    private const string Postrouting = "KUBE-POSTROUTING";

    private void AddFixedChains()
    {
        foreach (string chain in (ReadOnlySpan<string>)[Services, ExternalServices, Forward, NodePorts, ProxyFirewall])
            _filter.Declare(chain);
        if (_localhostNodePorts || HasKubeletFirewall)
            _filter.Declare(Firewall);
        foreach (string chain in (ReadOnlySpan<string>)[Services, NodePorts, Postrouting, MarkMasquerade])
            _nat.Declare(chain);
        if (_options.CanaryChains)
        {
            _filter.Declare(Canary);
            _nat.Declare(Canary);
        }

        if (_options.BaseChains)
            AddBaseChains();
    }

    /// <summary>The kubelet makes this chain and the jumps to it on every node, whether kube-proxy puts a rule into it or not.</summary>
    private bool HasKubeletFirewall => _options.BaseChains && !_v6;

    /// <summary>
    /// kube-proxy inserts its jumps at the head of the built-in chains one by one, so they stand in the reverse of the
    /// order in its source.
    /// </summary>
    private void AddBaseChains()
    {
        const string isNew = "-m conntrack --ctstate NEW ";
        const string firewall = isNew + "-m comment --comment \"kubernetes load balancer firewall\" -j " + ProxyFirewall;
        const string portals = "-m comment --comment \"kubernetes service portals\" -j " + Services;
        const string external = isNew + "-m comment --comment \"kubernetes externally-visible service portals\" -j " + ExternalServices;

        foreach (string chain in (ReadOnlySpan<string>)["INPUT", "FORWARD", "OUTPUT"])
            _filter.DeclareBase(chain);
        if (HasKubeletFirewall)
            _filter.Add("INPUT", "-j " + Firewall);
        _filter.Add("INPUT", firewall);
        _filter.Add("INPUT", "-m comment --comment \"kubernetes health check service ports\" -j " + NodePorts);
        _filter.Add("INPUT", external);
        _filter.Add("FORWARD", firewall);
        _filter.Add("FORWARD", "-m comment --comment \"kubernetes forwarding rules\" -j " + Forward);
        _filter.Add("FORWARD", isNew + portals);
        _filter.Add("FORWARD", external);
        if (HasKubeletFirewall)
            _filter.Add("OUTPUT", "-j " + Firewall);
        _filter.Add("OUTPUT", firewall);
        _filter.Add("OUTPUT", isNew + portals);

        foreach (string chain in (ReadOnlySpan<string>)["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"])
            _nat.DeclareBase(chain);
        _nat.Add("PREROUTING", portals);
        _nat.Add("OUTPUT", portals);
        _nat.Add("POSTROUTING", "-m comment --comment \"kubernetes postrouting rules\" -j " + Postrouting);
    }

    /// <summary>The rules kube-proxy writes before it comes to the services.</summary>
    private void AddLeadingRules()
    {
        if (_localhostNodePorts)
        {
            _filter.Add(new KubeRule(Firewall)
            {
                Comment = "block incoming localnet connections",
                Destination = "127.0.0.0/8",
                Source = "127.0.0.0/8",
                NotSource = true,
                States = "RELATED,ESTABLISHED,DNAT",
                NotStates = true,
                Target = "DROP",
            });
        }

        _nat.Add(new KubeRule(Postrouting) { Mark = _node.MasqueradeMark.Tested, NotMark = true, Target = "RETURN" });
        _nat.Add(new KubeRule(Postrouting) { Target = _node.MasqueradeMark.Clear });
        _nat.Add(new KubeRule(Postrouting)
        {
            Comment = "kubernetes service traffic requiring SNAT",
            Target = _options.RandomFully ? "MASQUERADE --random-fully" : "MASQUERADE",
        });
        _nat.Add(new KubeRule(MarkMasquerade) { Target = _node.MasqueradeMark.Set });
    }

    /// <summary>The rules it writes after them.</summary>
    private void AddTrailingRules()
    {
        AddNodePortsJumps();
        if (!_options.ConntrackTcpLiberal)
            _filter.Add(new KubeRule(Forward) { States = "INVALID", Target = "DROP" });
        _filter.Add(new KubeRule(Forward) { Comment = "kubernetes forwarding rules", Mark = _node.MasqueradeMark.Tested, Target = "ACCEPT" });
        _filter.Add(new KubeRule(Forward) { Comment = "kubernetes forwarding conntrack rule", States = "RELATED,ESTABLISHED", Target = "ACCEPT" });
    }

    /// <summary>
    /// The last rules of the dispatching chain: everything to an address of the node may be a node port. With
    /// <c>--nodeport-addresses</c> one rule for each address that is meant.
    /// </summary>
    private void AddNodePortsJumps()
    {
        KubeRule jump = new(Services)
        {
            Comment = "kubernetes service nodeports; NOTE: this must be the last rule in this chain",
            Target = NodePorts,
        };
        if (_options.NodePortAddresses.Count == 0)
        {
            _nat.Add(jump with
            {
                DestinationIsLocal = true,
                Destination = _localhostNodePorts ? null : _v6 ? "::1/128" : "127.0.0.0/8",
                NotDestination = !_localhostNodePorts,
            });
            return;
        }

        foreach (IPAddress address in _interfaceAddresses)
        {
            bool answers = address.AddressFamily == _options.Family && (_localhostNodePorts || !IPAddress.IsLoopback(address));
            if (answers && Contains(_options.NodePortAddresses, address))
                _nat.Add(jump with { Destination = address.ToString() });
        }
    }

    private static bool Contains(IReadOnlyList<IPNetwork> ranges, IPAddress address)
    {
        foreach (IPNetwork range in ranges)
        {
            if (range.Contains(address))
                return true;
        }

        return false;
    }
}
