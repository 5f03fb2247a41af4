namespace DatapathKernels.Filtering;

/// <summary><c>-j LOG</c>, <c>NFLOG</c>, <c>TRACE</c>: counted, told to <see cref="MatcherOptions.Log"/>, and the walk goes on.</summary>
/// <param name="Kind">Which of them.</param>
/// <param name="Prefix"><c>--log-prefix</c>, <c>--nflog-prefix</c>; empty for none.</param>
public sealed record LogTarget(LogKind Kind, string Prefix = "") : RuleTarget
{
    /// <summary>The level of LOG when none is named: warning.</summary>
    public const byte DefaultLevel = 4;

    /// <summary><c>--log-level</c>, 0 (emergency) to 7 (debug).</summary>
    public byte Level { get; init; } = DefaultLevel;

    /// <summary>What LOG writes besides.</summary>
    public LogOptions Options { get; init; }

    /// <summary><c>--nflog-group</c>.</summary>
    public ushort Group { get; init; }

    /// <summary><c>--nflog-size</c>: bytes of the packet to copy; null for all.</summary>
    public uint? Size { get; init; }

    /// <summary><c>--nflog-range</c>, which newer kernels ignore; null for none.</summary>
    public uint? Range { get; init; }

    /// <summary><c>--nflog-threshold</c>: messages queued before they are sent; 0 for the default.</summary>
    public ushort Threshold { get; init; }
}
