namespace DatapathKernels.Formats.Datapaths;

/// <summary>How a node's services are done.</summary>
public enum DatapathMode
{
    /// <summary>kube-proxy's iptables rules, walked one by one as the kernel does.</summary>
    Iptables,

    /// <summary>The same rules, tested many at a time.</summary>
    IptablesVector,

    /// <summary>The same rules, compiled to an index.</summary>
    IptablesIndexed,

    /// <summary>kube-proxy's nftables mode.</summary>
    Nftables,

    /// <summary>kube-proxy's IPVS mode.</summary>
    Ipvs,

    /// <summary>Cilium's maps.</summary>
    Ebpf,
}
