namespace DatapathKernels.Overlay;

/// <summary>Why a packet was, or was not, put into an IP tunnel.</summary>
public enum IpEncapStatus : byte
{
    /// <summary>The outer headers are written.</summary>
    Ok,

    /// <summary>No IPv4 or IPv6 packet, or one cut off.</summary>
    NotIp,

    /// <summary>The outer packet would be longer than the path MTU, or than its length field can say.</summary>
    TooLong,

    /// <summary>Too little room before the packet.</summary>
    NoHeadroom,

    /// <summary>Katran derives the outer header from ports, and the packet has none.</summary>
    NoFlow,
}
