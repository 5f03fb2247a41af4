namespace DatapathKernels.Conntrack;

/// <summary>What a <see cref="ConntrackTable"/> is made with, by the names of the sysctls <c>net.netfilter.nf_conntrack_*</c>; the defaults are the kernel's. Timeouts of more than 24 days are 24 days.</summary>
public sealed record ConntrackOptions
{
    /// <summary><c>max</c>: the most connections; 0 for no limit but <see cref="Places"/>.</summary>
    public int Max { get; init; } = 262_144;

    /// <summary>
    /// Connections that memory is taken for where <see cref="Max"/> sets no limit. A new one beyond is dropped, as where the kernel has no memory for it: nobody has to go, whatever the
    /// policy.
    /// </summary>
    public int Places { get; init; } = 1 << 20;

    /// <summary><c>buckets</c>: chains of the table as the kernel counts and clears them; 0 for one a connection.</summary>
    public int Buckets { get; init; }

    /// <summary>Who has to go when the table is full.</summary>
    public EvictionPolicy Eviction { get; init; } = EvictionPolicy.Linux;

    /// <summary>The hash's key; null for a random one, as the kernel draws it. Keep it secret where strangers send packets.</summary>
    public (ulong Key0, ulong Key1)? HashKey { get; init; }

    /// <summary>Where the search for a free port starts, 16 bits a call; null for the table's own draws, which follow from the key.</summary>
    public Func<ushort>? PortDraws { get; init; }

    /// <summary><c>checksum</c>: packets with a wrong checksum are invalid. Off by default: network cards check them.</summary>
    public bool Checksum { get; init; }

    /// <summary>The kernel's SipHash, for its order of buckets; else the project's own hash, several times as fast.</summary>
    public bool UsesKernelHash { get; init; }

    /// <summary>TCP's switches and timeouts.</summary>
    public TcpSettings Tcp { get; init; } = TcpSettings.Default;

    /// <summary>SCTP's timeouts.</summary>
    public SctpSettings Sctp { get; init; } = SctpSettings.Default;

    /// <summary>The lifetimes under <see cref="EvictionPolicy.Lru"/>, in place of all others.</summary>
    public CiliumSettings Cilium { get; init; } = CiliumSettings.Default;

    /// <summary><c>acct</c>: packets and bytes of each connection are counted, 32 bytes a connection more.</summary>
    public bool Accounting { get; init; }

    /// <summary><c>timestamp</c>: when each connection began and ended is kept, 16 bytes a connection more.</summary>
    public bool Timestamps { get; init; }

    /// <summary><c>udp_timeout</c>, seconds.</summary>
    public int UdpTimeout { get; init; } = 30;

    /// <summary><c>udp_timeout_stream</c>, seconds.</summary>
    public int UdpStreamTimeout { get; init; } = 120;

    /// <summary><c>icmp_timeout</c>, seconds.</summary>
    public int IcmpTimeout { get; init; } = 30;

    /// <summary><c>icmpv6_timeout</c>, seconds.</summary>
    public int IcmpV6Timeout { get; init; } = 30;

    /// <summary><c>gre_timeout</c>, seconds.</summary>
    public int GreTimeout { get; init; } = 30;

    /// <summary><c>gre_timeout_stream</c>, seconds.</summary>
    public int GreStreamTimeout { get; init; } = 180;

    /// <summary><c>generic_timeout</c>, seconds.</summary>
    public int GenericTimeout { get; init; } = 600;
}
