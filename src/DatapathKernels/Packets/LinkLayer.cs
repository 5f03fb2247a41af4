using System.Buffers.Binary;

namespace DatapathKernels.Packets;

/// <summary>Finds the network header behind every link header of <see cref="LinkType"/>.</summary>
/// <remarks>
/// Follows the link types of https://www.tcpdump.org/linktypes.html and the VLAN protocols that Linux untags: 0x8100
/// (IEEE 802.1Q) and 0x88a8 (802.1ad). 802.3 frames (length instead of a type) name no EtherType: Linux does not run IP
/// over LLC or SNAP either.
/// </remarks>
public static class LinkLayer
{
    /// <summary>
    /// VLAN tags passed over at most. Linux untags one per device stacked on another; nobody stacks more than eight, and a
    /// limit keeps the cost of a hostile frame bounded.
    /// </summary>
    public const int MaxVlanTags = 8;

    private const int EthernetBytes = 14, SllBytes = 16, Sll2Bytes = 20, LoopbackBytes = 4, TagBytes = 4;
    private const ushort Ipv4Type = 0x0800, Ipv6Type = 0x86dd, SmallestType = 0x0600;

    /// <summary>Passes over the link header and its VLAN tags.</summary>
    /// <param name="frame">The frame as captured.</param>
    /// <param name="link">What it starts with.</param>
    /// <param name="info">Where the network header is and what it is; zero unless <see cref="ParseStatus.Ok"/>.</param>
    /// <returns>
    /// <see cref="ParseStatus.Ok"/> (also when the network layer is not IP), <see cref="ParseStatus.TruncatedLink"/>,
    /// <see cref="ParseStatus.TruncatedVlan"/>, <see cref="ParseStatus.TooManyVlanTags"/>,
    /// <see cref="ParseStatus.BadVersion"/> (raw IP that is neither) or <see cref="ParseStatus.UnsupportedLinkType"/>.
    /// </returns>
    public static ParseStatus Parse(ReadOnlySpan<byte> frame, LinkType link, out LinkLayerInfo info)
    {
        info = default;
        return link switch
        {
            LinkType.Ethernet => Typed(frame, EthernetBytes, 12, out info),
            LinkType.LinuxSll => Typed(frame, SllBytes, 14, out info),
            LinkType.LinuxSll2 => Typed(frame, Sll2Bytes, 0, out info),
            LinkType.Null or LinkType.Loop => Loopback(frame, link, out info),
            LinkType.Raw or LinkType.RawBsd or LinkType.RawOpenBsd => Raw(frame, out info),
            LinkType.Ipv4 => Implied(Ipv4Type, out info),
            LinkType.Ipv6 => Implied(Ipv6Type, out info),
            _ => ParseStatus.UnsupportedLinkType,
        };
    }

    /// <summary>A header with a type field, which may be followed by VLAN tags, each ending in the next type.</summary>
    private static ParseStatus Typed(ReadOnlySpan<byte> frame, int headerBytes, int typeOffset, out LinkLayerInfo info)
    {
        info = default;
        if (frame.Length < headerBytes)
            return ParseStatus.TruncatedLink;

        ushort type = BinaryPrimitives.ReadUInt16BigEndian(frame[typeOffset..]);
        int offset = headerBytes, tags = 0;
        ushort outer = 0, inner = 0;
        while (type is 0x8100 or 0x88a8)
        {
            if (tags == MaxVlanTags)
                return ParseStatus.TooManyVlanTags;
            if (frame.Length - offset < TagBytes)
                return ParseStatus.TruncatedVlan;
            inner = BinaryPrimitives.ReadUInt16BigEndian(frame[offset..]);
            outer = tags == 0 ? inner : outer;
            type = BinaryPrimitives.ReadUInt16BigEndian(frame[(offset + 2)..]);
            offset += TagBytes;
            tags++;
        }

        info = new LinkLayerInfo((ushort)offset, type < SmallestType ? (ushort)0 : type, (byte)tags, outer, inner);
        return ParseStatus.Ok;
    }

    /// <summary>
    /// The BSD loopback header is in the capturing host's byte order, which nobody wrote down: a family is a small number, so
    /// the order that makes it one is right. AF_INET is 2 everywhere, AF_INET6 is 10, 24, 28 or 30.
    /// </summary>
    private static ParseStatus Loopback(ReadOnlySpan<byte> frame, LinkType link, out LinkLayerInfo info)
    {
        info = default;
        if (frame.Length < LoopbackBytes)
            return ParseStatus.TruncatedLink;
        uint family = BinaryPrimitives.ReadUInt32BigEndian(frame);
        if (link == LinkType.Null && family > ushort.MaxValue)
            family = BinaryPrimitives.ReverseEndianness(family);
        ushort type = family switch { 2 => Ipv4Type, 10 or 24 or 28 or 30 => Ipv6Type, _ => 0 };
        info = new LinkLayerInfo(LoopbackBytes, type, 0, 0, 0);
        return ParseStatus.Ok;
    }

    private static ParseStatus Raw(ReadOnlySpan<byte> frame, out LinkLayerInfo info)
    {
        info = default;
        if (frame.IsEmpty)
            return ParseStatus.TruncatedLink;
        int version = frame[0] >> 4;
        if (version is not (4 or 6))
            return ParseStatus.BadVersion;
        return Implied(version == 4 ? Ipv4Type : Ipv6Type, out info);
    }

    private static ParseStatus Implied(ushort type, out LinkLayerInfo info)
    {
        info = new LinkLayerInfo(0, type, 0, 0, 0);
        return ParseStatus.Ok;
    }
}
