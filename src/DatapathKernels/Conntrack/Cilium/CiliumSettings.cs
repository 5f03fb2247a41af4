namespace DatapathKernels.Conntrack;

/// <summary>How long connections last under <see cref="EvictionPolicy.Lru"/>, by the names of Cilium's options <c>bpf-ct-timeout-*</c>; seconds.</summary>
public sealed record CiliumSettings
{
    /// <summary>Cilium's defaults since 1.15.</summary>
    public static CiliumSettings Default { get; } = new();

    /// <summary><c>regular-tcp-syn</c>: TCP of which only SYNs were seen.</summary>
    public int TcpSynTimeout { get; init; } = 60;

    /// <summary><c>regular-tcp</c>: TCP once another segment was seen (21,600 before 1.15).</summary>
    public int TcpTimeout { get; init; } = 8000;

    /// <summary><c>regular-tcp-fin</c>: TCP closed by both sides.</summary>
    public int TcpCloseTimeout { get; init; } = 10;

    /// <summary><c>regular-any</c>: every other protocol.</summary>
    public int AnyTimeout { get; init; } = 60;
}
