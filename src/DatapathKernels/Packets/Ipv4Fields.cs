namespace DatapathKernels.Packets;

/// <summary>What <see cref="Ipv4Writer"/> writes; lengths and checksum are computed.</summary>
/// <param name="Source">Source address, host order.</param>
/// <param name="Destination">Destination address, host order.</param>
/// <param name="Protocol">The protocol of the payload.</param>
/// <param name="Ttl">Time to live.</param>
/// <param name="Id">Identification.</param>
/// <param name="Tos">DSCP and ECN.</param>
/// <param name="DontFragment">Don't fragment.</param>
/// <param name="MoreFragments">More fragments follow.</param>
/// <param name="FragmentOffset">Fragment offset, bytes, a multiple of 8.</param>
public readonly record struct Ipv4Fields(
    uint Source,
    uint Destination,
    IpProtocol Protocol,
    byte Ttl = 64,
    ushort Id = 0,
    byte Tos = 0,
    bool DontFragment = false,
    bool MoreFragments = false,
    ushort FragmentOffset = 0);
