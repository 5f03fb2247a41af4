namespace DatapathKernels.Overlay;

/// <summary>Why a packet was, or was not, routed.</summary>
public enum RouteStatus : byte
{
    /// <summary>Routed: addresses and hop limit are written.</summary>
    Ok,

    /// <summary>No Ethernet frame with an IP packet in it.</summary>
    NotIp,

    /// <summary>The IPv4 header checksum is wrong.</summary>
    BadChecksum,

    /// <summary>Destination or source is no single host's, or not to be routed: a group, broadcast, loopback or unspecified address, or link-local IPv6.</summary>
    NotUnicast,

    /// <summary>No route, or one to a next hop that does not exist. ICMP "unreachable" is due.</summary>
    NoRoute,

    /// <summary>The TTL or hop limit ends here. ICMP "time exceeded" is due, see <see cref="Packets.IcmpErrorWriter"/>.</summary>
    HopLimitExceeded,
}
