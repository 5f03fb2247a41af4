namespace DatapathKernels.LoadBalancing;

/// <summary>What is true of an <see cref="IpvsConnection"/>.</summary>
[Flags]
internal enum IpvsConnectionFlags : ushort
{
    None = 0,

    /// <summary>Its addresses are IPv6.</summary>
    V6 = 1,

    /// <summary>It remembers a client's server and carries no packets.</summary>
    Template = 2,

    /// <summary>Counted as inactive at its server.</summary>
    Inactive = 4,

    /// <summary>No reply was seen here.</summary>
    NoOutput = 8,

    /// <summary>Some connection of this template was established.</summary>
    Assured = 16,

    /// <summary>In use: the place is not free.</summary>
    Live = 32,

    /// <summary>A template of a firewall mark: its virtual address is the mark.</summary>
    OfMark = 64,

    /// <summary>On the timing wheel.</summary>
    Hung = 128,

    /// <summary>Some connection has, or had, replies that look like this one's requests: those are asked for first.</summary>
    Contested = 256,

    /// <summary>Its server's address is IPv6.</summary>
    ServerV6 = 512,

    /// <summary>Its template is over: it is not scheduled again as one that never had any would be.</summary>
    Orphaned = 1024,
}
