namespace DatapathKernels.Packets;

/// <summary>What a look at a packet's checksum found.</summary>
public enum ChecksumVerdict : byte
{
    /// <summary>The field agrees with the bytes.</summary>
    Valid = 0,

    /// <summary>There is none to check: a UDP field of zero over IPv4, an IPv6 header, or a protocol without a checksum here.</summary>
    Absent,

    /// <summary>It covers bytes that this frame does not hold: any fragment, or a datagram that is cut off.</summary>
    NotWhole,

    /// <summary>The field is wrong.</summary>
    Invalid,

    /// <summary>A UDP field of zero over IPv6 (RFC 8200, section 8.1), which only the tunnels of RFC 6935 may send.</summary>
    IllegalZero,
}
