namespace DatapathKernels.Datapaths;

/// <summary>What an <see cref="EbpfDatapath"/> is made with; the names are Cilium's, and so are the defaults but for the sizes of maps.</summary>
public sealed record EbpfOptions
{
    /// <summary>The node speaks IPv4 (<c>enable-ipv4</c>). Each family has maps of its own; of one that is not spoken, packets are dropped, and no memory is taken.</summary>
    public bool HasV4 { get; init; } = true;

    /// <summary>The node speaks IPv6 (<c>enable-ipv6</c>).</summary>
    public bool HasV6 { get; init; } = true;

    /// <summary>Entries of the connection map of each family (<c>bpf-ct-global-tcp-max</c>): an LRU, so that it never refuses one.</summary>
    public int Connections { get; init; } = 524_288;

    /// <summary>The most frontends of each family (<c>bpf-lb-map-max</c>).</summary>
    public int Services { get; init; } = 65_536;

    /// <summary>Entries of the source translation map of each family (<c>bpf-nat-global-max</c>); a translated connection takes two.</summary>
    public int Translations { get; init; } = 524_288;

    /// <summary>Clients remembered for session affinity (<c>bpf-lb-affinity-map-max</c>), and backends of services that have it.</summary>
    public int Affinities { get; init; } = 65_536;

    /// <summary>How a backend is chosen (<c>bpf-lb-algorithm</c>).</summary>
    public BackendSelection Selection { get; init; }

    /// <summary>Slots of a service's Maglev table (<c>bpf-lb-maglev-table-size</c>).</summary>
    public int MaglevSize { get; init; } = LoadBalancing.CiliumMaglev.DefaultSize;

    /// <summary>Seed of Maglev's tables (<c>bpf-lb-maglev-hash-seed</c>): the same on every node.</summary>
    public string MaglevSeed { get; init; } = LoadBalancing.CiliumMaglev.DefaultSeed;

    /// <summary>Seconds a TCP connection is kept without packets once data flowed (<c>bpf-ct-timeout-regular-tcp</c>).</summary>
    public uint TcpSeconds { get; init; } = 8000;

    /// <summary>The same for everything else (<c>bpf-ct-timeout-regular-any</c>).</summary>
    public uint AnySeconds { get; init; } = 60;

    /// <summary>Seconds before TCP data was seen (<c>bpf-ct-timeout-regular-tcp-syn</c>).</summary>
    public uint SynSeconds { get; init; } = 60;

    /// <summary>Seconds after both sides closed (<c>bpf-ct-timeout-regular-tcp-fin</c>).</summary>
    public uint FinSeconds { get; init; } = 10;

    /// <summary>Seed of the draws, and of the maps' hashes when not 0; 0 hashes by random seeds.</summary>
    public ulong Seed { get; init; }
}
