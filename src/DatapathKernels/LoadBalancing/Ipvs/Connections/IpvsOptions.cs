namespace DatapathKernels.LoadBalancing;

/// <summary>What an <see cref="IpvsDirector"/> is made with; the defaults are the kernel's, named after its sysctls.</summary>
public sealed record IpvsOptions
{
    /// <summary>The most connections held, templates included. The kernel has no limit but memory.</summary>
    public int Capacity { get; init; } = 65_536;

    /// <summary><c>conn_tab_bits</c>: the connection table has 2^this buckets, 8 to 27.</summary>
    public int TableBits { get; init; } = 12;

    /// <summary>
    /// The index that finds a packet's connection: the kernel's chains, or the project's flow table. Answers are the same.
    /// </summary>
    public IpvsIndexKind Index { get; init; } = IpvsIndexKind.FlowTable;

    /// <summary>Seed of the table's hash; random by default in the kernel. Keep it secret where strangers send packets.</summary>
    public uint Seed { get; init; }

    /// <summary><c>ipvsadm --set</c>, first figure: seconds an established TCP connection lasts without packets. At most 2,000,000.</summary>
    public int TcpTimeoutSeconds { get; init; } = 900;

    /// <summary><c>ipvsadm --set</c>, second figure: seconds of TCP after a FIN (the state FIN_WAIT).</summary>
    public int TcpFinTimeoutSeconds { get; init; } = 120;

    /// <summary><c>ipvsadm --set</c>, third figure: seconds of UDP.</summary>
    public int UdpTimeoutSeconds { get; init; } = 300;

    /// <summary><c>conn_reuse_mode</c>: bit 0 schedules a SYN anew whose connection is closed or in TIME_WAIT; bit 1 in FIN_WAIT too, when replies are not seen.</summary>
    public int ReuseMode { get; init; } = 1;

    /// <summary><c>expire_nodest_conn</c>: a packet of a connection whose server is gone ends it.</summary>
    public bool ExpireWithoutServer { get; init; }

    /// <summary><c>expire_quiescent_template</c>: a template to a server of weight 0 is not used again.</summary>
    public bool ExpireQuiescentTemplate { get; init; }

    /// <summary><c>sloppy_tcp</c>: any segment but a RST opens a connection.</summary>
    public bool SloppyTcp { get; init; }

    /// <summary><c>sloppy_sctp</c>: any packet but an ABORT opens an association.</summary>
    public bool SloppySctp { get; init; }

    /// <summary><c>secure_tcp</c>: the defence's transition tables.</summary>
    public bool SecureTcp { get; init; }
}
