namespace DatapathKernels.LoadBalancing;

/// <summary>How an <see cref="IpvsDirector"/> finds a packet's connection.</summary>
public enum IpvsIndexKind
{
    /// <summary>As the kernel: one chain a bucket, hashed by the client, walked entry by entry.</summary>
    KernelChains,

    /// <summary>The project's own, hashed by the client as well: one line of an index names its connections, whichever side a packet comes from.</summary>
    FlowTable,
}
