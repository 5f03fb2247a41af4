namespace DatapathKernels.Overlay;

/// <summary>What a <see cref="NeighborProxy"/> made of a frame.</summary>
public enum NeighborStatus : byte
{
    /// <summary>Answered: the reply is written, and the request need not be flooded.</summary>
    Answered,

    /// <summary>No ARP request for IPv4 over Ethernet, and no neighbour solicitation.</summary>
    NotARequest,

    /// <summary>Cut off, or against the rules of RFC 826 or RFC 4861, section 7.1.1: to be dropped.</summary>
    Malformed,

    /// <summary>The ICMPv6 checksum is wrong: to be dropped.</summary>
    BadChecksum,

    /// <summary>Asks for an address nobody answers for: a group, loopback, or none.</summary>
    BadTarget,

    /// <summary>The sender tells its own address to all; there is nothing to answer.</summary>
    Gratuitous,

    /// <summary>Nobody here knows the address: to be flooded, or dropped.</summary>
    Unknown,

    /// <summary>The sender has the address itself, or the answer does not fit.</summary>
    NoAnswer,
}
