namespace DatapathKernels.LoadBalancing;

/// <summary>Which ports of a flow choose its backend in Katran: a matter of the virtual address.</summary>
public enum KatranPorts : byte
{
    /// <summary>Both: a virtual address with a port.</summary>
    Both = 0,

    /// <summary>The client's only: a virtual address for every port, where a client keeps its backend on all of them.</summary>
    Source,

    /// <summary>The service's only, and not the client's address either (<c>F_HASH_DPORT_ONLY</c>).</summary>
    Destination,
}
