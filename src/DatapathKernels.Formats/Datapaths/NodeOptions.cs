using System.Net;
using DatapathKernels.Conntrack;
using DatapathKernels.Datapaths;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;

namespace DatapathKernels.Formats.Datapaths;

/// <summary>Which node of a cluster to build, and how.</summary>
public sealed record NodeOptions
{
    /// <summary>How services are done.</summary>
    public DatapathMode Mode { get; init; }

    /// <summary>The node; null is the cluster's first.</summary>
    public string? NodeName { get; init; }

    /// <summary>How packets reach other nodes.</summary>
    public OverlayKind Overlay { get; init; }

    /// <summary>Network policies; null for none.</summary>
    public PolicyModel? Policies { get; init; }

    /// <summary>Addresses the node answers on besides its own, as a DNS cache on every node does.</summary>
    public IReadOnlyList<IPAddress> LocalAddresses { get; init; } = [];

    /// <summary>
    /// Rules of others, each chain's before those kube-proxy has there; null for none. They are of one family, and of the modes that have iptables rules: the
    /// iptables ones and IPVS.
    /// </summary>
    public Ruleset? LocalRules { get; init; }

    /// <summary>
    /// How kube-proxy is configured beside what follows from the node and its cluster (family, names, addresses). The eBPF mode takes from it which addresses node
    /// ports answer on.
    /// </summary>
    public KubeProxyOptions KubeProxy { get; init; } = new();

    /// <summary>The most connections.</summary>
    public int Connections { get; init; } = 262_144;

    /// <summary>Who has to go when they are as many; the eBPF datapath has an LRU of its own.</summary>
    public EvictionPolicy Eviction { get; init; }

    /// <summary>MTU of the node's link, bytes.</summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>How the eBPF datapath chooses backends.</summary>
    public BackendSelection Selection { get; init; }

    /// <summary>Slots of a Maglev table, where the eBPF datapath uses them.</summary>
    public int MaglevSize { get; init; } = 16_381;

    /// <summary>Where all draws start; hashes are seeded by it too, when it is not 0.</summary>
    public uint Seed { get; init; } = 1;
}
