namespace DatapathKernels.Packets;

/// <summary>What stands between an IPv6 header and its transport header.</summary>
/// <param name="Offset">Where the transport header (or the payload that stopped the walk) starts, bytes from the IPv6 header.</param>
/// <param name="Protocol">The protocol there.</param>
/// <param name="Count">Extension headers passed over.</param>
/// <param name="HasFragment">A fragment header is among them.</param>
/// <param name="FragmentOffset">Its offset, bytes.</param>
/// <param name="MoreFragments">Its M flag. Not set and offset zero: an atomic fragment (RFC 6946).</param>
/// <param name="FragmentId">Its identification, host order.</param>
/// <param name="JumboLength">Payload length of a jumbo option (RFC 2675), bytes after the IPv6 header; 0 without one.</param>
public readonly record struct Ipv6ExtensionInfo(
    int Offset, IpProtocol Protocol, int Count, bool HasFragment, ushort FragmentOffset, bool MoreFragments, uint FragmentId, uint JumboLength);
