namespace DatapathKernels.Bench.Scenarios.Dns;

/// <summary>Times of round trips, the answering program's work included, milliseconds.</summary>
/// <param name="ServerMs">To CoreDNS on another node.</param>
/// <param name="LocalMs">To the cache on the node.</param>
internal sealed record DnsRoundTrips(double ServerMs = 0.5, double LocalMs = 0.05)
{
    /// <summary>The round trip of a query and its answer; a cache that does not know makes one to the server before it answers.</summary>
    public double Of(CachePlan cache) => cache switch
    {
        CachePlan.None => ServerMs,
        CachePlan.Misses => LocalMs + ServerMs,
        _ => LocalMs,
    };
}
