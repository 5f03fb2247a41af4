using System.Net;
using System.Net.Sockets;
using DatapathKernels.LoadBalancing;

namespace DatapathKernels.Formats.Clusters;

/// <summary>How kube-proxy is configured on the node whose rules are written. The defaults are kube-proxy's.</summary>
public sealed record KubeProxyOptions
{
    /// <summary>IPv4 (iptables) or IPv6 (ip6tables): kube-proxy keeps one ruleset for each.</summary>
    public AddressFamily Family { get; init; } = AddressFamily.InterNetwork;

    /// <summary>The node; null is the first of the cluster. It decides which endpoints are local and which zone hints apply.</summary>
    public string? NodeName { get; init; }

    /// <summary>The spelling of the text.</summary>
    public RulesetSpelling Spelling { get; init; }

    /// <summary>Also writes the built-in chains and kube-proxy's jumps from them: needed to evaluate the ruleset.</summary>
    public bool BaseChains { get; init; } = true;

    /// <summary>The order of services.</summary>
    public RulesetOrder Order { get; init; }

    /// <summary>The seed of <see cref="RulesetOrder.Random"/>.</summary>
    public ulong OrderSeed { get; init; } = 1;

    /// <summary>
    /// Traffic to a cluster IP is masqueraded when it comes from outside the pod range. When false there is no local
    /// detector (<c>--cluster-cidr</c> not set) and that rule is absent.
    /// </summary>
    public bool DetectLocalTraffic { get; init; } = true;

    /// <summary>The range of local pods; null is the cluster's pod range of this family.</summary>
    public IPNetwork? PodRange { get; init; }

    /// <summary>
    /// The interface local pods come in by, which then tells their traffic and not <see cref="PodRange"/>: a bridge
    /// (<c>--detect-local-mode=BridgeInterface</c>), or with <c>+</c> at its end every interface whose name begins so
    /// (<c>InterfaceNamePrefix</c>). Null is by range (<c>ClusterCIDR</c>, <c>NodeCIDR</c>).
    /// </summary>
    public string? LocalInterface { get; init; }

    /// <summary>The bit of the packet mark that says a packet is to be masqueraded, 0 to 31 (<c>--iptables-masquerade-bit</c>).</summary>
    public int MasqueradeBit { get; init; } = 14;

    /// <summary>
    /// Also writes KUBE-PROXY-CANARY, the empty chain by which kube-proxy notices that its tables were flushed: in mangle, nat and
    /// filter, as every node has it. Without rules and without jumps it changes nothing.
    /// </summary>
    public bool CanaryChains { get; init; }

    /// <summary>Masquerades all traffic to cluster IPs (<c>--masquerade-all</c>).</summary>
    public bool MasqueradeAll { get; init; }

    /// <summary>Masquerades with <c>--random-fully</c>.</summary>
    public bool RandomFully { get; init; }

    /// <summary>Node ports answer on 127.0.0.1 too (<c>--iptables-localhost-nodeports</c>); never so for IPv6.</summary>
    public bool LocalhostNodePorts { get; init; } = true;

    /// <summary>
    /// Node ports answer on the node's addresses in these ranges only (<c>--nodeport-addresses</c>); on all of them when empty.
    /// </summary>
    public IReadOnlyList<IPNetwork> NodePortAddresses { get; init; } = [];

    /// <summary>The addresses of the node's interfaces, loopback included; null is loopback and the addresses of the cluster's node.</summary>
    public IReadOnlyList<IPAddress>? InterfaceAddresses { get; init; }

    /// <summary>
    /// The node's primary address: a load balancer range that holds it lets the node itself through. Null is the first
    /// address of the family of the cluster's node.
    /// </summary>
    public IPAddress? NodeIP { get; init; }

    /// <summary>Conntrack lets TCP packets outside the window pass (<c>--conntrack-tcp-be-liberal</c>): INVALID is not dropped.</summary>
    public bool ConntrackTcpLiberal { get; init; }

    /// <summary>The scheduler of every virtual server in IPVS mode (<c>--ipvs-scheduler</c>).</summary>
    public SchedulerKind IpvsScheduler { get; init; } = SchedulerKind.RoundRobin;

    /// <summary>With more endpoints than this in the whole cluster, the rules of a service carry no comments.</summary>
    public int LargeClusterEndpoints { get; init; } = 1000;

    /// <summary>
    /// The ranges cluster IPs come from: in nftables mode, traffic to an address in them that no service has is dropped. Null is the
    /// cluster's ranges; those of the other family do not count.
    /// </summary>
    public IReadOnlyList<IPNetwork>? ServiceRanges { get; init; }

    /// <summary>Whose rules are written in nftables mode.</summary>
    public NftablesRelease NftablesRelease { get; init; }
}
