namespace DatapathKernels.Packets;

/// <summary>
/// The address a source-routed IPv6 packet is bound for, which is what its transport checksum covers: until the last
/// segment is reached it stands in the routing header, not in the IPv6 header (RFC 8200, section 8.1).
/// </summary>
internal static class Ipv6FinalDestination
{
    private const int Ipv6Bytes = 40, DestinationOffset = 24, AddressBytes = 16;

    /// <summary>Routing type, segments left and four more bytes, counted behind next header and length.</summary>
    private const int AddressesOffset = 6;

    private const byte SourceRoute = 0, MobileHome = 2, SegmentRoute = 4;

    /// <summary>The final destination of a packet.</summary>
    /// <param name="headers">From the IPv6 header to the transport header: a chain that a parse has walked.</param>
    public static IPv6Address Of(ReadOnlySpan<byte> headers)
    {
        IpProtocol protocol = (IpProtocol)headers[6];
        ReadOnlySpan<byte> rest = headers[Ipv6Bytes..];
        while (Ipv6ExtensionHeader.TryParse(protocol, rest, out Ipv6ExtensionHeader extension) == ParseStatus.Ok)
        {
            if (extension is { Type: IpProtocol.Routing, SegmentsLeft: > 0 } && extension.Data.Length >= AddressesOffset + AddressBytes)
                return LastSegment(extension, new IPv6Address(headers[DestinationOffset..]));
            protocol = extension.NextHeader;
            rest = extension.Payload;
        }

        return new IPv6Address(headers[DestinationOffset..]);
    }

    /// <summary>
    /// Types 0 (RFC 5095) and 2 (RFC 6275) end with the last address; a segment routing header (type 4, RFC 8754) lists its
    /// segments in reverse, so the last one comes first. Other types say nothing that is known here.
    /// </summary>
    private static IPv6Address LastSegment(in Ipv6ExtensionHeader routing, in IPv6Address destination) => routing.RoutingType switch
    {
        SourceRoute or MobileHome => new IPv6Address(routing.Data[^AddressBytes..]),
        SegmentRoute => new IPv6Address(routing.Data[AddressesOffset..]),
        _ => destination,
    };
}
