namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// One rule as kube-proxy composes it: only the matches kube-proxy uses, each absent by default. How it is spelled is
/// the business of <see cref="RulesetTable"/>.
/// </summary>
internal readonly record struct KubeRule(string Chain)
{
    public string? Comment { get; init; }

    /// <summary>Source address or range; negated with <see cref="NotSource"/>.</summary>
    public string? Source { get; init; }

    public bool NotSource { get; init; }

    /// <summary>Destination address or range; negated with <see cref="NotDestination"/>.</summary>
    public string? Destination { get; init; }

    public bool NotDestination { get; init; }

    /// <summary>The interface the packet came in by, or the start of its name with <c>+</c>; negated with <see cref="NotInterface"/>.</summary>
    public string? Interface { get; init; }

    public bool NotInterface { get; init; }

    /// <summary><c>tcp</c>, <c>udp</c> or <c>sctp</c>: both <c>-p</c> and <c>-m</c>.</summary>
    public string? Protocol { get; init; }

    /// <summary>Destination port; 0 is absent.</summary>
    public int DestinationPort { get; init; }

    /// <summary>The destination is an address of the node (<c>addrtype --dst-type LOCAL</c>).</summary>
    public bool DestinationIsLocal { get; init; }

    /// <summary>The source is an address of the node (<c>addrtype --src-type LOCAL</c>).</summary>
    public bool SourceIsLocal { get; init; }

    /// <summary>Remembers the source in this list (<c>recent --set</c>).</summary>
    public string? RecentSet { get; init; }

    /// <summary>The source is in this list (<c>recent --rcheck</c>) since at most <see cref="RecentSeconds"/>.</summary>
    public string? RecentCheck { get; init; }

    public int RecentSeconds { get; init; }

    /// <summary><c>value/mask</c>; negated with <see cref="NotMark"/>.</summary>
    public string? Mark { get; init; }

    public bool NotMark { get; init; }

    /// <summary>Conntrack states, comma separated; negated with <see cref="NotStates"/>.</summary>
    public string? States { get; init; }

    public bool NotStates { get; init; }

    /// <summary>Chance to match (<c>statistic --mode random</c>); 0 is absent.</summary>
    public double Probability { get; init; }

    /// <summary>Target with its options, in kube-proxy's spelling.</summary>
    public string? Target { get; init; }
}
