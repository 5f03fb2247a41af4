namespace DatapathKernels.Filtering;

/// <summary>What a matcher needs to know besides the rules. The default is a node without addresses and interfaces.</summary>
public sealed record MatcherOptions
{
    /// <summary>The node's addresses, for <c>addrtype</c>.</summary>
    public NodeAddresses Addresses { get; init; } = NodeAddresses.LoopbackOnly;

    /// <summary>The node's interfaces, for <c>-i</c> and <c>-o</c>. The first has number 1.</summary>
    public IReadOnlyList<string> Interfaces { get; init; } = [];

    /// <summary>
    /// The primary address of each interface, for MASQUERADE (that of the interface the packet leaves by) and REDIRECT (that of
    /// the one it came in by; what came in by none, the node's own, goes to loopback). The first of the ruleset's family counts.
    /// </summary>
    public IReadOnlyList<InterfaceAddress> InterfaceAddresses { get; init; } = [];

    /// <summary>Told of packets that meet LOG, NFLOG or TRACE; null for nobody.</summary>
    public IPacketLog? Log { get; init; }

    /// <summary>The node's ipsets, for <c>-m set</c> and <c>-j SET</c>.</summary>
    public IpSetCollection Sets { get; init; } = new();

    /// <summary>What to make of unknown matches and targets.</summary>
    public UnknownPolicy Unknown { get; init; }

    /// <summary>Addresses all lists of <c>recent</c> hold together, at least 1. The oldest of a list goes first.</summary>
    public int RecentEntries { get; init; } = 4096;

    /// <summary>Addresses one list of <c>recent</c> holds (the kernel's <c>ip_list_tot</c>), at least 1.</summary>
    public int RecentEntriesPerList { get; init; } = 100;

    /// <summary>Elements that the dynamic sets of nftables (session affinity) hold together, at least 1. What expired makes room for what is new.</summary>
    public int DynamicSetElements { get; init; } = 65_536;
}
