namespace DatapathKernels.LoadBalancing;

/// <summary>How an <see cref="IpvsDirector"/> finds a packet's connection.</summary>
public enum IpvsIndexKind
{
    /// <summary>As the kernel: one chain a bucket, hashed by the client, walked entry by entry.</summary>
    KernelChains,

    /// <summary>The project's flow table, keyed by whole tuples of both directions: one lookup for either.</summary>
    FlowTable,
}
