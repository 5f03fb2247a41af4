namespace DatapathKernels.Formats.Clusters;

/// <summary>The shapes of kube-proxy's nftables rules.</summary>
public enum NftablesRelease : byte
{
    /// <summary>Kubernetes 1.30: every filter chain runs before translation.</summary>
    V130,

    /// <summary>Kubernetes 1.33 and later: only the load balancers' firewalls do; endpoints are checked behind it.</summary>
    V133,
}
