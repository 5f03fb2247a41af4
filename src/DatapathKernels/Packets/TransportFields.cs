using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// The two 16-bit fields a transport header adds to a flow key, in network byte order: ports, or the identifier and
/// the type and code of ICMP.
/// </summary>
internal readonly struct TransportFields(ushort sourceBe, ushort destinationBe)
{
    /// <summary>Source port, or ICMP identifier.</summary>
    public readonly ushort SourceBe = sourceBe;

    /// <summary>Destination port, or ICMP type (first byte on the wire) and code.</summary>
    public readonly ushort DestinationBe = destinationBe;

    /// <summary>The leading bytes every quoted header should have (RFC 792), and the smallest whole header of ports or ICMP.</summary>
    public const int QuotedBytes = 8;

    private const int PortBytes = 4;

    private const int TcpHeader = 20, SctpHeader = 12, DccpHeader = 12, DccpExtendedHeader = 16;

    /// <summary>
    /// Proves the whole transport header: present, its claimed lengths legal and inside the datagram.
    /// </summary>
    /// <param name="segment">From the transport header to the end of the datagram (or of this fragment).</param>
    /// <param name="protocol">The transport protocol.</param>
    /// <param name="ipv6">The network layer: ICMP belongs to IPv4 and ICMPv6 to IPv6; the other way round is unsupported.</param>
    /// <param name="moreFragments">The datagram goes on in other fragments, so a claimed length may reach beyond the segment.</param>
    /// <param name="lengthZero">The IP length is zero or a jumbo option's: then UDP's may be zero too (RFC 2675, segmentation offload).</param>
    /// <param name="fields">The fields when the header is sound; otherwise zero.</param>
    /// <returns>
    /// <see cref="ParseStatus.Ok"/>, <see cref="ParseStatus.UnsupportedProtocol"/>, <see cref="ParseStatus.TruncatedTransport"/>,
    /// <see cref="ParseStatus.BadTcpDataOffset"/> or <see cref="ParseStatus.BadUdpLength"/>.
    /// </returns>
    public static ParseStatus Prove(
        ReadOnlySpan<byte> segment, IpProtocol protocol, bool ipv6, bool moreFragments, bool lengthZero, out TransportFields fields)
    {
        fields = default;
        ParseStatus status = protocol switch
        {
            IpProtocol.Tcp => ProveTcp(segment),
            IpProtocol.Udp => ProveUdp(segment, moreFragments, lengthZero),
            IpProtocol.UdpLite => ProveUdpLite(segment, moreFragments),
            IpProtocol.Sctp => AtLeast(segment, SctpHeader),
            IpProtocol.Dccp => ProveDccp(segment),
            IpProtocol.Icmp when !ipv6 => AtLeast(segment, QuotedBytes),
            IpProtocol.IcmpV6 when ipv6 => AtLeast(segment, QuotedBytes),
            _ => ParseStatus.UnsupportedProtocol,
        };
        if (status == ParseStatus.Ok)
            fields = Read(segment, protocol);
        return status;
    }

    /// <summary>
    /// Reads the fields of a header quoted in an ICMP error, of which its ports are enough (<c>nf_ct_get_tuple_ports</c>): some quote less than eight bytes.
    /// </summary>
    public static ParseStatus ReadQuoted(ReadOnlySpan<byte> segment, IpProtocol protocol, bool ipv6, out TransportFields fields)
    {
        fields = default;
        if (!IsSupported(protocol, ipv6))
            return ParseStatus.UnsupportedProtocol;
        if (segment.Length < (protocol is IpProtocol.Icmp or IpProtocol.IcmpV6 ? QuotedBytes : PortBytes))
            return ParseStatus.TruncatedTransport;
        fields = Read(segment, protocol);
        return ParseStatus.Ok;
    }

    private static bool IsSupported(IpProtocol protocol, bool ipv6) => protocol
        is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Sctp or IpProtocol.Dccp
        || protocol == (ipv6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp);

    /// <summary>The segment holds at least eight bytes of ICMP, or the ports of another supported protocol.</summary>
    private static TransportFields Read(ReadOnlySpan<byte> segment, IpProtocol protocol)
    {
        ushort first = MemoryMarshal.Read<ushort>(segment);
        return protocol switch
        {
            IpProtocol.Icmp => new(HasIdentifier(segment[0]) ? MemoryMarshal.Read<ushort>(segment[4..]) : (ushort)0, first),
            IpProtocol.IcmpV6 => new(HasIdentifierV6(segment[0]) ? MemoryMarshal.Read<ushort>(segment[4..]) : (ushort)0, first),
            _ => new(first, MemoryMarshal.Read<ushort>(segment[2..])),
        };
    }

    /// <summary>Echo, timestamp, information and address mask, requests and replies: what conntrack can invert.</summary>
    private static bool HasIdentifier(byte type) => type is 0 or 8 or (>= 13 and <= 18);

    /// <summary>Echo and node information, requests and replies (Linux keys the latter by its Qtype, which stands there).</summary>
    private static bool HasIdentifierV6(byte type) => type is 128 or 129 or 139 or 140;

    private static ParseStatus AtLeast(ReadOnlySpan<byte> segment, int bytes) =>
        segment.Length < bytes ? ParseStatus.TruncatedTransport : ParseStatus.Ok;

    private static ParseStatus ProveTcp(ReadOnlySpan<byte> segment)
    {
        if (segment.Length < TcpHeader)
            return ParseStatus.TruncatedTransport;
        int header = (segment[12] >> 4) * 4;
        return header < TcpHeader || header > segment.Length ? ParseStatus.BadTcpDataOffset : ParseStatus.Ok;
    }

    private static ParseStatus ProveUdp(ReadOnlySpan<byte> segment, bool moreFragments, bool lengthZero)
    {
        if (segment.Length < QuotedBytes)
            return ParseStatus.TruncatedTransport;
        int length = BinaryPrimitives.ReadUInt16BigEndian(segment[4..]);
        if (length == 0 && lengthZero)
            return ParseStatus.Ok;
        return length < QuotedBytes || (length > segment.Length && !moreFragments) ? ParseStatus.BadUdpLength : ParseStatus.Ok;
    }

    /// <summary>UDP-Lite has a checksum coverage where UDP has its length: 0 means all of it (RFC 3828, 3.1).</summary>
    private static ParseStatus ProveUdpLite(ReadOnlySpan<byte> segment, bool moreFragments)
    {
        if (segment.Length < QuotedBytes)
            return ParseStatus.TruncatedTransport;
        int coverage = BinaryPrimitives.ReadUInt16BigEndian(segment[4..]);
        bool legal = coverage == 0 || (coverage >= QuotedBytes && (coverage <= segment.Length || moreFragments));
        return legal ? ParseStatus.Ok : ParseStatus.BadUdpLength;
    }

    /// <summary>DCCP's generic header is 16 bytes with the X bit (48-bit sequence numbers), else 12 (RFC 4340, 5.1).</summary>
    private static ParseStatus ProveDccp(ReadOnlySpan<byte> segment) =>
        segment.Length < DccpHeader
            ? ParseStatus.TruncatedTransport
            : AtLeast(segment, (segment[8] & 1) != 0 ? DccpExtendedHeader : DccpHeader);
}
