namespace DatapathKernels.Formats.Clusters;

/// <summary>One rule of kube-proxy's IPVS mode, which asks sets instead of naming services. Every part but the target may be absent.</summary>
internal readonly record struct KubeSetRule(string Chain, string Target)
{
    /// <summary><c>tcp</c>, <c>udp</c> or <c>sctp</c>: <c>-p</c> alone.</summary>
    public string? Protocol { get; init; }

    public string? Comment { get; init; }

    /// <summary>Conntrack states, comma separated.</summary>
    public string? States { get; init; }

    /// <summary>The set and the sides of the packet it is asked with: <c>KUBE-CLUSTER-IP dst,dst</c>.</summary>
    public string? Set { get; init; }

    /// <summary>Source address or range; negated with <see cref="NotSource"/>.</summary>
    public string? Source { get; init; }

    public bool NotSource { get; init; }

    /// <summary>The interface the packet came in by, or the start of its name with <c>+</c>; negated with <see cref="NotInterface"/>.</summary>
    public string? Interface { get; init; }

    public bool NotInterface { get; init; }

    /// <summary>Further matches, which both spellings write the same.</summary>
    public string? Further { get; init; }
}
