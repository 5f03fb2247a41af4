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
    private const ushort SmallestType = 0x0600;

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
            LinkType.Ethernet => Typed(frame, EthernetHeader.Size, 12, out info),
            LinkType.LinuxSll => Typed(frame, LinuxSllHeader.Size, 14, out info),
            LinkType.LinuxSll2 => Typed(frame, LinuxSll2Header.Size, 0, out info),
            LinkType.Null or LinkType.Loop => Loopback(frame, out info),
            LinkType.Raw or LinkType.RawBsd or LinkType.RawOpenBsd => Raw(frame, out info),
            LinkType.Ipv4 => Implied(Ipv4Header.EtherType, out info),
            LinkType.Ipv6 => Implied(Ipv6Header.EtherType, out info),
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
        while (VlanTag.IsTag(type))
        {
            if (tags == VlanTag.MaxDepth)
                return ParseStatus.TooManyVlanTags;
            if (frame.Length - offset < VlanTag.Size)
                return ParseStatus.TruncatedVlan;
            inner = BinaryPrimitives.ReadUInt16BigEndian(frame[offset..]);
            outer = tags == 0 ? inner : outer;
            type = BinaryPrimitives.ReadUInt16BigEndian(frame[(offset + 2)..]);
            offset += VlanTag.Size;
            tags++;
        }

        info = new LinkLayerInfo((ushort)offset, type < SmallestType ? (ushort)0 : type, (byte)tags, outer, inner);
        return ParseStatus.Ok;
    }

    private static ParseStatus Loopback(ReadOnlySpan<byte> frame, out LinkLayerInfo info)
    {
        info = default;
        ParseStatus status = LoopbackHeader.TryParse(frame, out LoopbackHeader header);
        if (status == ParseStatus.Ok)
            info = new LinkLayerInfo(LoopbackHeader.Size, header.EtherType, 0, 0, 0);
        return status;
    }

    private static ParseStatus Raw(ReadOnlySpan<byte> frame, out LinkLayerInfo info)
    {
        info = default;
        if (frame.IsEmpty)
            return ParseStatus.TruncatedLink;
        int version = frame[0] >> 4;
        if (version is not (4 or 6))
            return ParseStatus.BadVersion;
        return Implied(version == 4 ? Ipv4Header.EtherType : Ipv6Header.EtherType, out info);
    }

    private static ParseStatus Implied(ushort type, out LinkLayerInfo info)
    {
        info = new LinkLayerInfo(0, type, 0, 0, 0);
        return ParseStatus.Ok;
    }
}
