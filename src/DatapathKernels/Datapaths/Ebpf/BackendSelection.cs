namespace DatapathKernels.Datapaths;

/// <summary>How an eBPF load balancer chooses a backend for a new connection.</summary>
public enum BackendSelection : byte
{
    /// <summary>A draw for each connection.</summary>
    Random,

    /// <summary>Maglev's consistent hashing: nodes choose alike, and a leaving backend disturbs few others.</summary>
    Maglev,
}
