using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>Writes a connection's translation into its packets, and into ICMP errors about them.</summary>
internal static class NatWriter
{
    /// <summary>One side of a packet: it becomes the inverse of the other direction's (<c>nf_nat_packet</c>).</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="other">The tuple of the connection's other direction.</param>
    /// <param name="destination">True for the destination.</param>
    public static RewriteStatus Write(Span<byte> frame, in PacketInfo info, in FlowKeyV6 other, bool destination)
    {
        if (other.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6)
            return WriteIcmp(frame, info, other, destination);
        return destination ? Set(frame, info, other.Source, other.SourcePortBe, true) : Set(frame, info, other.Destination, other.DestinationPortBe, false);
    }

    /// <summary>An identifier has no side: it stands where a source port does.</summary>
    private static RewriteStatus WriteIcmp(Span<byte> frame, in PacketInfo info, in FlowKeyV6 other, bool destination)
    {
        if (!ConnectionKeys.TryInvert(other, out FlowKeyV6 target))
            return RewriteStatus.Ok;
        return Set(frame, info, destination ? target.Destination : target.Source, target.SourcePortBe, destination);
    }

    /// <summary>
    /// One side of an ICMP error about a translated connection (<c>nf_nat_icmp_reply_translation</c>): the quoted packet as
    /// the side saw it to which the error goes, the ICMP checksum anew, then the outer address. A quoted header of less than eight bytes
    /// is not touched, however little of it would change.
    /// </summary>
    public static RewriteStatus WriteError(Span<byte> frame, in PacketInfo info, in FlowKeyV6 other, bool destination)
    {
        QuotedPacketParser.Parse(frame, info, 0, out _, out _, out PacketInfo quoted);
        if (!quoted.HasKey || IsCut(quoted) || !ConnectionKeys.TryInvert(other, out FlowKeyV6 outer))
            return RewriteStatus.NotWhole;

        // Within the quote the sides are the other way round.
        bool ipv4 = (info.Flags & PacketFlags.Ipv4) != 0, inner = !destination;
        bool icmp = other.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6;
        ushort portBe = inner && !icmp ? other.DestinationPortBe : other.SourcePortBe;
        QuotedRewriter.Write(frame[..(info.L3Offset + (int)info.L3Length)], quoted, ConnectionKeys.Wire(ipv4, inner ? other.Destination : other.Source), portBe, inner);
        Set(frame, info, destination ? outer.Destination : outer.Source, 0, destination);
        PacketChecksums.WriteTransport(frame, info);
        return RewriteStatus.Ok;
    }

    private static bool IsCut(in PacketInfo quoted) =>
        (NatPortSearch.HasPorts(quoted.Protocol) || quoted.Protocol == IpProtocol.Gre) && quoted.L4Length < TransportFields.QuotedBytes;

    private static RewriteStatus Set(Span<byte> frame, in PacketInfo info, in IPv6Address address, ushort portBe, bool destination)
    {
        if ((info.Flags & PacketFlags.Ipv4) == 0)
            return destination ? AddressRewriter.SetDestination(frame, info, address, portBe) : AddressRewriter.SetSource(frame, info, address, portBe);
        uint word = IPv6Address.FirstWord(ConnectionKeys.Wire(ipv4: true, address));
        return destination ? AddressRewriter.SetDestination(frame, info, word, portBe) : AddressRewriter.SetSource(frame, info, word, portBe);
    }
}
