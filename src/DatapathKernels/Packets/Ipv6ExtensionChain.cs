using System.Buffers.Binary;

namespace DatapathKernels.Packets;

/// <summary>Walks IPv6 extension headers to the transport header (RFC 8200 section 4).</summary>
/// <remarks>
/// Follows Linux's <c>ipv6_skip_exthdr</c> (net/ipv6/exthdrs_core.c): hop-by-hop, routing, destination options, fragment and
/// authentication headers are passed over in any order and any number, ESP, mobility and "no next header" end the walk as
/// protocols of their own, and so does a fragment header with a non-zero offset, behind which there is no header at all.
/// Where Linux has no limit on their number this walk has one, as Linux's flow dissector has: hostile chains stay cheap.
/// </remarks>
public static class Ipv6ExtensionChain
{
    /// <summary>Extension headers passed over at most (MAX_FLOW_DISSECT_HDRS of net/core/flow_dissector.c).</summary>
    public const int MaxHeaders = 15;

    private const byte Pad1 = 0, JumboOption = 0xc2, JumboOptionBytes = 4;

    /// <summary>Walks from the IPv6 header to the transport header.</summary>
    /// <param name="packet">From the IPv6 header to the end of the datagram; at least 40 bytes.</param>
    /// <param name="info">What was found; zero unless <see cref="ParseStatus.Ok"/>.</param>
    /// <returns>
    /// <see cref="ParseStatus.Ok"/>, <see cref="ParseStatus.TruncatedIpv6"/>, <see cref="ParseStatus.TruncatedExtension"/>
    /// or <see cref="ParseStatus.BadExtension"/> (more than <see cref="MaxHeaders"/>).
    /// </returns>
    public static ParseStatus Walk(ReadOnlySpan<byte> packet, out Ipv6ExtensionInfo info)
    {
        info = default;
        if (packet.Length < Ipv6Header.Size)
            return ParseStatus.TruncatedIpv6;

        Ipv6ExtensionInfo found = new(Ipv6Header.Size, (IpProtocol)packet[6], 0, false, 0, false, 0, 0);
        while (IsExtension(found.Protocol))
        {
            if (found.Count == MaxHeaders)
                return ParseStatus.BadExtension;
            ParseStatus status = Ipv6ExtensionHeader.TryParse(found.Protocol, packet[found.Offset..], out Ipv6ExtensionHeader header);
            if (status != ParseStatus.Ok)
                return status;
            found = Next(found, header);
            if (found.FragmentOffset != 0)
                break;
        }

        info = found;
        return ParseStatus.Ok;
    }

    /// <summary>True for the headers the walk passes over.</summary>
    public static bool IsExtension(IpProtocol protocol) => protocol
        is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.Fragment or IpProtocol.DestinationOptions or IpProtocol.Ah;

    private static Ipv6ExtensionInfo Next(Ipv6ExtensionInfo found, Ipv6ExtensionHeader header)
    {
        if (header.Type == IpProtocol.Fragment)
        {
            found = found with
            {
                HasFragment = true,
                FragmentOffset = header.FragmentOffset,
                MoreFragments = header.MoreFragments,
                FragmentId = header.FragmentId,
            };
        }
        else if (header.Type == IpProtocol.HopByHop && found.Count == 0)
        {
            found = found with { JumboLength = FindJumbo(header.Data) };
        }

        return found with { Protocol = header.NextHeader, Offset = found.Offset + header.HeaderBytes, Count = found.Count + 1 };
    }

    /// <summary>The jumbo payload length among the options of a first hop-by-hop header; 0 when there is none.</summary>
    private static uint FindJumbo(ReadOnlySpan<byte> options)
    {
        while (options.Length >= 2)
        {
            if (options[0] == Pad1)
            {
                options = options[1..];
                continue;
            }

            int bytes = 2 + options[1];
            if (bytes > options.Length)
                return 0;
            if (options[0] == JumboOption && options[1] == JumboOptionBytes)
                return BinaryPrimitives.ReadUInt32BigEndian(options[2..]);
            options = options[bytes..];
        }

        return 0;
    }
}
