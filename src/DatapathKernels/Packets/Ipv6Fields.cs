namespace DatapathKernels.Packets;

/// <summary>What <see cref="Ipv6Writer"/> writes; the payload length is computed.</summary>
/// <param name="Source">Source address.</param>
/// <param name="Destination">Destination address.</param>
/// <param name="NextHeader">What follows: an extension header or the transport protocol.</param>
/// <param name="HopLimit">Hop limit.</param>
/// <param name="TrafficClass">DSCP and ECN.</param>
/// <param name="FlowLabel">Flow label, 20 bits.</param>
public readonly record struct Ipv6Fields(
    IPv6Address Source,
    IPv6Address Destination,
    IpProtocol NextHeader,
    byte HopLimit = 64,
    byte TrafficClass = 0,
    uint FlowLabel = 0);
