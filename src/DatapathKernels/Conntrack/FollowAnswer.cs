namespace DatapathKernels.Conntrack;

/// <summary>What a protocol's tracker makes of a packet.</summary>
public enum FollowAnswer : byte
{
    /// <summary>It belongs to the connection, which has a new timeout.</summary>
    Accepted,

    /// <summary>It is let through as the connection's; its timeout stays.</summary>
    Untouched,

    /// <summary>It does not belong to it: INVALID.</summary>
    Invalid,

    /// <summary>It belongs to it and ends it at once.</summary>
    Gone,

    /// <summary>It starts the connection anew: the old one is to be forgotten and the packet looked at again.</summary>
    Reopen,

    /// <summary>It opens the connection again, in its place: new, with a new timeout.</summary>
    Renewed,
}
