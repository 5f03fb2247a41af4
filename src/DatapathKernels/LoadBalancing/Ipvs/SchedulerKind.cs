namespace DatapathKernels.LoadBalancing;

/// <summary>IPVS's schedulers, by the names of <c>ipvsadm -s</c>.</summary>
public enum SchedulerKind : byte
{
    /// <summary><c>rr</c>: one after the other, weights ignored.</summary>
    RoundRobin,

    /// <summary><c>wrr</c>: one after the other, by weight.</summary>
    WeightedRoundRobin,

    /// <summary><c>lc</c>: fewest connections.</summary>
    LeastConnections,

    /// <summary><c>wlc</c>: fewest connections for its weight.</summary>
    WeightedLeastConnections,

    /// <summary><c>sh</c>: by the client's address.</summary>
    SourceHash,

    /// <summary><c>dh</c>: by the destination address.</summary>
    DestinationHash,

    /// <summary><c>mh</c>: by the client's address in a Maglev table.</summary>
    MaglevHash,

    /// <summary><c>sed</c>: shortest expected delay, (active + 1) / weight.</summary>
    ShortestExpectedDelay,

    /// <summary><c>nq</c>: an idle server, else shortest expected delay.</summary>
    NeverQueue,

    /// <summary><c>fo</c>: the largest weight takes all.</summary>
    WeightedFailover,

    /// <summary><c>ovf</c>: the largest weight takes as many active connections as its weight says, then the next.</summary>
    WeightedOverflow,

    /// <summary><c>twos</c>: two drawn by weight, the less loaded of them.</summary>
    PowerOfTwoChoices,
}
