namespace DatapathKernels.Overlay;

/// <summary>How much a <see cref="VtepTable"/> holds; 1 or more of each.</summary>
public sealed record VtepTableOptions
{
    /// <summary>The most remotes.</summary>
    public int Remotes { get; init; } = 1024;

    /// <summary>The most prefixes of pods, of each family.</summary>
    public int Prefixes { get; init; } = 4096;

    /// <summary>The most MAC addresses.</summary>
    public int Macs { get; init; } = 16_384;

    /// <summary>The most networks.</summary>
    public int Networks { get; init; } = 1024;

    /// <summary>MAC addresses are learned from where frames come from. A node whose control plane says where all is does not need it, and a stranger could move addresses.</summary>
    public bool Learns { get; init; }
}
