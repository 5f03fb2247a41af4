using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// From an ICMP or ICMPv6 error to the flow key of the packet it quotes: the packet that could not be delivered. NAT has to
/// rewrite that quote too, and conntrack finds the connection an error belongs to by it.
/// </summary>
/// <remarks>
/// A quote is cut off by nature: ICMP promises the IP header and eight bytes of what follows (RFC 792), and some senders keep less. What the key
/// needs is proven and no more: the two ports, or eight bytes of a quoted ICMP message. Its total length speaks of the packet when it was sent and is not held against it.
/// </remarks>
public static class QuotedPacketParser
{
    /// <summary>Bytes of ICMP before the quote, in both families.</summary>
    public const int IcmpBytes = 8;

    /// <summary>A quote shorter than this has no extension structure after it (RFC 4884, section 5).</summary>
    private const int SmallestPaddedQuote = 128;

    private const int Ipv6Bytes = 40;

    /// <summary>Parses the packet quoted by an ICMP error.</summary>
    /// <param name="frame">The frame that carries the error, the very bytes <paramref name="outer"/> was made from.</param>
    /// <param name="outer">The record of that frame.</param>
    /// <param name="zone">The conntrack zone, copied into the key.</param>
    /// <param name="v4">The key as the quoted packet was sent, when there is one and it is IPv4; otherwise all zero.</param>
    /// <param name="v6">The key as the quoted packet was sent, when there is one and it is IPv6; otherwise all zero.</param>
    /// <param name="info">
    /// Where the quoted headers stand, counted from the first byte of the frame. Its L3 length is what is there of the quoted
    /// datagram; <see cref="PacketFlags.Transport"/> is never set, because as little as its ports is proven.
    /// </param>
    /// <returns>
    /// <see cref="ParseStatus.Ok"/>, <see cref="ParseStatus.NonFirstFragment"/> or
    /// <see cref="ParseStatus.UnsupportedProtocol"/> with a key; <see cref="ParseStatus.NotIcmpError"/> when nothing is quoted;
    /// otherwise what is wrong with the quote.
    /// </returns>
    public static ParseStatus Parse(
        ReadOnlySpan<byte> frame, in PacketInfo outer, ushort zone, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info)
    {
        v4 = default;
        v6 = default;
        ReadOnlySpan<byte> quote = Find(frame, outer, out int offset);
        if (offset == 0)
            info = Failed(ParseStatus.NotIcmpError);
        else if ((outer.Flags & PacketFlags.Ipv4) != 0)
            info = ParseIpv4(quote, offset, zone, ref v4);
        else
            info = ParseIpv6(quote, offset, zone, ref v6);
        return info.Status;
    }

    /// <summary>Parses the IPv4 packet inside a quoted tunnel packet (IP in IP).</summary>
    /// <param name="frame">The frame that carries the error.</param>
    /// <param name="tunnel">What <see cref="Parse"/> found of the quoted packet: a first fragment or whole, of protocol 4.</param>
    /// <param name="key">The key of the packet inside, when there is one; otherwise all zero.</param>
    /// <param name="info">As for <see cref="Parse"/>.</param>
    /// <returns>As for <see cref="Parse"/>.</returns>
    internal static ParseStatus ParseInside(ReadOnlySpan<byte> frame, in PacketInfo tunnel, out FlowKeyV4 key, out PacketInfo info)
    {
        key = default;
        int end = tunnel.L3Offset + (int)tunnel.L3Length;
        info = ParseIpv4(frame[tunnel.L4Offset..end], tunnel.L4Offset, 0, ref key);
        return info.Status;
    }

    /// <summary>True for the ICMP types that quote: unreachable, source quench, redirect, time exceeded, parameter problem.</summary>
    public static bool IsIcmpError(byte type) => type is 3 or 4 or 5 or 11 or 12;

    /// <summary>True for the ICMPv6 types that quote: all below 128 (RFC 4443, section 2.1).</summary>
    public static bool IsIcmpV6Error(byte type) => type < 128;

    /// <summary>The quoted bytes, and where they start in the frame; 0 when the packet is not an error.</summary>
    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> frame, in PacketInfo outer, out int offset)
    {
        offset = 0;
        bool ipv4 = outer.Protocol == IpProtocol.Icmp;
        if ((outer.Flags & PacketFlags.Transport) == 0 || (!ipv4 && outer.Protocol != IpProtocol.IcmpV6))
            return default;

        ReadOnlySpan<byte> icmp = frame.Slice(outer.L4Offset, (int)outer.L4Length);
        if (!(ipv4 ? IsIcmpError(icmp[0]) : IsIcmpV6Error(icmp[0])))
            return default;
        offset = outer.L4Offset + IcmpBytes;
        ReadOnlySpan<byte> quote = icmp[IcmpBytes..];
        int padded = PaddedBytes(icmp, ipv4);
        return padded >= SmallestPaddedQuote && padded < quote.Length ? quote[..padded] : quote;
    }

    /// <summary>
    /// Bytes of the quote when an extension structure follows it, else 0: in 32-bit words at byte 5 of ICMP, in 64-bit words
    /// at byte 4 of ICMPv6, for unreachable, time exceeded and (ICMP only) parameter problem (RFC 4884, section 4).
    /// </summary>
    private static int PaddedBytes(ReadOnlySpan<byte> icmp, bool ipv4) => ipv4
        ? icmp[0] is 3 or 11 or 12 ? icmp[5] * 4 : 0
        : icmp[0] is 1 or 3 ? icmp[4] * 8 : 0;

    private static PacketInfo ParseIpv4(ReadOnlySpan<byte> quote, int offset, ushort zone, ref FlowKeyV4 key)
    {
        ParseStatus status = FlowParser.ProveIpv4Header(quote, out int header);
        if (status != ParseStatus.Ok)
            return Failed(status);

        int claimed = BinaryPrimitives.ReadUInt16BigEndian(quote[2..]);
        int length = claimed == 0 ? quote.Length : Math.Min(claimed, quote.Length);
        if (length < header)
            return Failed(ParseStatus.BadTotalLength);

        FlowParser.ReadFragmentField(quote, out ushort fragmentOffset, out bool moreFragments);
        IpProtocol protocol = (IpProtocol)quote[9];
        PacketFlags flags = PacketFlags.Ipv4 | FlowParser.FragmentFlags(fragmentOffset, moreFragments);
        if (header > FlowParser.Ipv4Bytes)
            flags |= PacketFlags.Options;

        status = ReadTransport(quote[header..length], protocol, flags, out TransportFields fields);
        if (status > ParseStatus.UnsupportedProtocol)
            return new PacketInfo(status, flags, protocol, (ushort)offset, 0, (uint)length, fragmentOffset);
        key = new FlowKeyV4(
            MemoryMarshal.Read<uint>(quote[12..]), MemoryMarshal.Read<uint>(quote[16..]),
            fields.SourceBe, fields.DestinationBe, protocol, zone);
        return new PacketInfo(status, flags, protocol, (ushort)offset, (ushort)(offset + header), (uint)length, fragmentOffset);
    }

    private static PacketInfo ParseIpv6(ReadOnlySpan<byte> quote, int offset, ushort zone, ref FlowKeyV6 key)
    {
        ParseStatus status = FlowParser.ProveIpv6Header(quote);
        if (status != ParseStatus.Ok)
            return Failed(status);

        int claimed = BinaryPrimitives.ReadUInt16BigEndian(quote[4..]);
        int length = claimed == 0 ? quote.Length : Math.Min(Ipv6Bytes + claimed, quote.Length);
        PacketFlags flags = PacketFlags.Ipv6;
        status = Ipv6ExtensionChain.Walk(quote[..length], out Ipv6ExtensionInfo chain);
        if (status != ParseStatus.Ok)
            return new PacketInfo(status, flags, 0, (ushort)offset, 0, (uint)length, 0);

        flags |= FlowParser.FragmentFlags(chain.FragmentOffset, chain.MoreFragments);
        if (chain.Count != 0)
            flags |= PacketFlags.Options;
        status = ReadTransport(quote[chain.Offset..length], chain.Protocol, flags, out TransportFields fields);
        if (status > ParseStatus.UnsupportedProtocol)
            return new PacketInfo(status, flags, chain.Protocol, (ushort)offset, 0, (uint)length, chain.FragmentOffset);
        key = new FlowKeyV6(
            new IPv6Address(quote[8..]), new IPv6Address(quote[24..]), fields.SourceBe, fields.DestinationBe, chain.Protocol, zone);
        return new PacketInfo(
            status, flags, chain.Protocol, (ushort)offset, (ushort)(offset + chain.Offset), (uint)length, chain.FragmentOffset);
    }

    private static ParseStatus ReadTransport(
        ReadOnlySpan<byte> segment, IpProtocol protocol, PacketFlags flags, out TransportFields fields)
    {
        fields = default;
        return (flags & PacketFlags.NonFirstFragment) != 0
            ? ParseStatus.NonFirstFragment
            : TransportFields.ReadQuoted(segment, protocol, (flags & PacketFlags.Ipv6) != 0, out fields);
    }

    private static PacketInfo Failed(ParseStatus status) => new(status, PacketFlags.None, 0, 0, 0, 0, 0);
}
