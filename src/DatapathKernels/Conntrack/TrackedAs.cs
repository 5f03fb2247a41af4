namespace DatapathKernels.Conntrack;

/// <summary>What a packet is to the connection table: what <c>--ctstate</c> sees, and why a packet is to be dropped.</summary>
public enum TrackedAs : byte
{
    /// <summary>Of no connection, or not a legal packet of its own: its transport header is cut off, say, or a length in it is wrong.</summary>
    Invalid,

    /// <summary>Of a connection nobody answered yet, perhaps its first.</summary>
    New,

    /// <summary>Of a connection seen in both directions.</summary>
    Established,

    /// <summary>An ICMP error about a connection.</summary>
    Related,

    /// <summary>Not tracked: a fragment, no IP packet (or one whose IP header is not sound, which the kernel drops before it tracks), or a protocol without connections such as neighbour discovery.</summary>
    Untracked,

    /// <summary>To be dropped: the table is full and nothing could be thrown out for it.</summary>
    TableFull,
}
