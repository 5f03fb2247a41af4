namespace DatapathKernels.Packets;

/// <summary>Why a frame is, or is not, a packet with a flow key. Every malformed packet has exactly one of these.</summary>
public enum ParseStatus : byte
{
    /// <summary>The frame parsed to its transport header; key and offsets are complete.</summary>
    Ok = 0,

    /// <summary>
    /// The IPv4 total length (or IPv6 payload length without a jumbo option) is zero, as segmentation offload leaves it in
    /// packets above 64 KiB. The length was taken from the frame; key and offsets are complete.
    /// </summary>
    LengthZero,

    /// <summary>A fragment other than the first: addresses and protocol are valid, ports are zero, there is no transport header.</summary>
    NonFirstFragment,

    /// <summary>IP is sound, but the protocol has no ports or identifier here: addresses and protocol are valid, ports are zero.</summary>
    UnsupportedProtocol,

    /// <summary>The link header is cut off.</summary>
    TruncatedLink,

    /// <summary>A VLAN tag is cut off.</summary>
    TruncatedVlan,

    /// <summary>More VLAN tags than a switch would pass (see <see cref="VlanTag.MaxDepth"/>).</summary>
    TooManyVlanTags,

    /// <summary>The link layer carries something else than IP (ARP, LLDP, 802.3 LLC, ...).</summary>
    NotIp,

    /// <summary>The link type is not one of <see cref="LinkType"/>.</summary>
    UnsupportedLinkType,

    /// <summary>The IP version nibble is neither 4 nor 6, or disagrees with the link layer (or with the ICMP error that quotes it).</summary>
    BadVersion,

    /// <summary>The IPv4 header is cut off.</summary>
    TruncatedIpv4,

    /// <summary>The IPv4 header length is below 20 bytes.</summary>
    BadIhl,

    /// <summary>
    /// The IPv4 total length is below the header length, or the length of either family is zero in a fragment, where
    /// segmentation offload never leaves it.
    /// </summary>
    BadTotalLength,

    /// <summary>The frame holds fewer bytes than the IP header claims.</summary>
    TruncatedPayload,

    /// <summary>The IPv6 header is cut off.</summary>
    TruncatedIpv6,

    /// <summary>An IPv6 extension header is cut off.</summary>
    TruncatedExtension,

    /// <summary>
    /// Too many IPv6 extension headers follow one another, or a jumbo option breaks RFC 2675: beside a payload length, in a
    /// fragment, or of 65,535 bytes or less.
    /// </summary>
    BadExtension,

    /// <summary>The transport header is cut off.</summary>
    TruncatedTransport,

    /// <summary>The TCP data offset is below 20 bytes or beyond the segment.</summary>
    BadTcpDataOffset,

    /// <summary>
    /// The UDP length (or UDP-Lite's checksum coverage) is below 8 bytes or beyond the datagram. A first fragment's may be
    /// beyond: the rest follows. UDP's may be zero where the IP length is, or a jumbo option's; a coverage of zero means all.
    /// </summary>
    BadUdpLength,

    /// <summary>The ARP packet is cut off.</summary>
    TruncatedArp,

    /// <summary>The ARP packet is not about IPv4 over Ethernet.</summary>
    UnsupportedArp,

    /// <summary>Only from <see cref="QuotedPacketParser"/>: the packet is not an ICMP error, so it quotes nothing.</summary>
    NotIcmpError,
}
