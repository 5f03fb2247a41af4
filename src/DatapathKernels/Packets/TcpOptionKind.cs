namespace DatapathKernels.Packets;

/// <summary>TCP option kinds (https://www.iana.org/assignments/tcp-parameters). Any other value is legal too.</summary>
public enum TcpOptionKind : byte
{
    /// <summary>End of the list.</summary>
    EndOfList = 0,

    /// <summary>Padding of one byte.</summary>
    NoOperation = 1,

    /// <summary>Maximum segment size (RFC 9293), 2 bytes.</summary>
    MaximumSegmentSize = 2,

    /// <summary>Window scale (RFC 7323), 1 byte.</summary>
    WindowScale = 3,

    /// <summary>SACK permitted (RFC 2018), no data.</summary>
    SackPermitted = 4,

    /// <summary>SACK blocks (RFC 2018), 8 bytes each.</summary>
    Sack = 5,

    /// <summary>Timestamps (RFC 7323), 8 bytes.</summary>
    Timestamps = 8,
}
