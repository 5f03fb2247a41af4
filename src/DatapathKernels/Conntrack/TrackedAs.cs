namespace DatapathKernels.Conntrack;

/// <summary>What a packet is to the connection table: what <c>--ctstate</c> sees, and why a packet is to be dropped.</summary>
public enum TrackedAs : byte
{
    /// <summary>Of no connection, or not a legal packet of its own.</summary>
    Invalid,

    /// <summary>Of a connection nobody answered yet, perhaps its first.</summary>
    New,

    /// <summary>Of a connection seen in both directions.</summary>
    Established,

    /// <summary>An ICMP error about a connection.</summary>
    Related,

    /// <summary>Not tracked: a fragment, or a protocol without connections such as neighbour discovery.</summary>
    Untracked,

    /// <summary>To be dropped: the table is full and nothing could be thrown out for it.</summary>
    TableFull,
}
