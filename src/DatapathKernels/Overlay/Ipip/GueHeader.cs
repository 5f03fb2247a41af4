using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>
/// Generic UDP encapsulation (draft-ietf-intarea-gue). Variant 1 has no header at all: the IP packet follows, and the first two bits of
/// its version are the variant. Variant 0 has four bytes, <c>version(2) control(1) length(5) protocol(8) flags(16)</c>, and fields.
/// </summary>
public static class GueHeader
{
    private const int Bytes = 4;

    /// <summary>Reads the header as Linux does (<c>gue_udp_recv</c>): control messages and flags it cannot serve are refused.</summary>
    /// <param name="payload">The UDP payload.</param>
    /// <param name="protocol">What follows: 4 or 41.</param>
    /// <param name="length">Bytes of the header; 0 for variant 1.</param>
    public static DecapStatus TryRead(ReadOnlySpan<byte> payload, out IpProtocol protocol, out int length)
    {
        (protocol, length) = (default, 0);
        if (payload.IsEmpty)
            return DecapStatus.TruncatedHeader;
        return (payload[0] >> 6) switch
        {
            0 => TryReadVariant0(payload, out protocol, out length),
            1 => TryReadVariant1(payload[0] >> 4, out protocol),
            _ => DecapStatus.BadVersion,
        };
    }

    private static DecapStatus TryReadVariant0(ReadOnlySpan<byte> payload, out IpProtocol protocol, out int length)
    {
        (protocol, length) = (default, Bytes + ((payload[0] & 0x1f) * 4));
        if (payload.Length < length)
            return DecapStatus.TruncatedHeader;
        if ((payload[0] & 0x20) != 0)
            return DecapStatus.UnknownProtocol;
        if (payload[2] != 0 || payload[3] != 0)
            return DecapStatus.ReservedBits;
        protocol = (IpProtocol)payload[1];
        return protocol is IpProtocol.Ipv4 or IpProtocol.Ipv6 ? DecapStatus.Ok : DecapStatus.UnknownProtocol;
    }

    private static DecapStatus TryReadVariant1(int version, out IpProtocol protocol)
    {
        protocol = version switch
        {
            4 => IpProtocol.Ipv4,
            6 => IpProtocol.Ipv6,
            _ => default,
        };
        return protocol == default ? DecapStatus.BadInner : DecapStatus.Ok;
    }
}
