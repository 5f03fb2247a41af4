using System.Net.Sockets;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;

namespace DatapathKernels.Bench.Scenarios.Updates;

/// <summary>How one mode takes a change of its Services: everything anew, or the one that changed.</summary>
internal abstract class NodeUpdate
{
    /// <summary>Whether the mode can change one Service.</summary>
    public virtual bool IsIncremental => true;

    /// <summary>Whether another thread may do <see cref="Change"/> while packets are processed.</summary>
    public virtual bool IsBesideReader => false;

    /// <summary>Makes the mode's tables anew from what was read already, and throws them away: the node keeps its own.</summary>
    public abstract void Reload();

    /// <summary>Changes one endpoint of one Service in the node's tables, or changes one back.</summary>
    /// <exception cref="InvalidOperationException">The mode cannot, or has no room left.</exception>
    public abstract void Change();

    /// <summary>The way of a node's mode.</summary>
    public static NodeUpdate Of(Cluster cluster, NodeDatapath node) => node.Options.Mode switch
    {
        DatapathMode.Ebpf => new EbpfUpdate(cluster, node),
        DatapathMode.Ipvs => new IpvsUpdate(cluster, node),
        DatapathMode.Nftables => new NftUpdate(cluster, node),
        _ => new RulesUpdate(cluster, node),
    };

    /// <summary>The family whose rules are changed: IPv4 where the node has it.</summary>
    private protected static AddressFamily Family(NodeDatapath node) =>
        node.Node.Addresses.Any(a => a.AddressFamily == AddressFamily.InterNetwork) ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;

    /// <summary>What kube-proxy knows of the node, as the node was built with.</summary>
    private protected static KubeProxyOptions Proxy(NodeDatapath node) => new()
    {
        Family = Family(node),
        NodeName = node.Node.Name,
        NodeIP = node.Node.Addresses.FirstOrDefault(a => a.AddressFamily == Family(node)),
    };
}
