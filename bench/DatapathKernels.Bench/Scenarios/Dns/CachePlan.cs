namespace DatapathKernels.Bench.Scenarios.Dns;

/// <summary>Who answers a pod's queries.</summary>
internal enum CachePlan
{
    /// <summary>CoreDNS on another node, behind its Service.</summary>
    None,

    /// <summary>A cache on the node, at the Service's address and untracked; it knows every answer.</summary>
    Hits,

    /// <summary>The same cache, which knows nothing: it asks CoreDNS over a TCP connection that it keeps (<c>force_tcp</c>).</summary>
    Misses,

    /// <summary>The cache that knows every answer, at its link-local address and without its NOTRACK rules.</summary>
    Tracked,
}
