using DatapathKernels.Conntrack;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>
/// Translates an ICMP error about a translated connection, as <c>nf_nat_icmp_reply_translation</c> does: the quoted packet as
/// the side saw it to which the error goes, the ICMP checksum anew, then the outer address of the hook's own side.
/// </summary>
internal static class QuoteTranslator
{
    public static void Translate(Span<byte> frame, in PacketInfo info, Connection connection, bool reply, bool destination, bool ipv4)
    {
        FlowKeyV6 other = reply ? connection.Original : connection.Reply;
        QuotedPacketParser.Parse(frame, info, 0, out _, out _, out PacketInfo quoted);
        if (!quoted.HasKey || !ConnectionKeys.TryInvert(other, out FlowKeyV6 outer))
            return;
        // Within the quote the sides are the other way round.
        bool icmp = other.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6;
        bool inner = !destination;
        ushort portBe = inner && !icmp ? other.DestinationPortBe : other.SourcePortBe;
        QuotedRewriter.Write(frame[..(info.L3Offset + (int)info.L3Length)], quoted, ConnectionKeys.Wire(ipv4, inner ? other.Destination : other.Source), portBe, inner);

        IPv6Address address = ConnectionKeys.Wire(ipv4, destination ? outer.Destination : outer.Source);
        if (ipv4 && destination)
            AddressRewriter.SetDestination(frame, info, IPv6Address.FirstWord(address), 0);
        else if (ipv4)
            AddressRewriter.SetSource(frame, info, IPv6Address.FirstWord(address), 0);
        else if (destination)
            AddressRewriter.SetDestination(frame, info, address, 0);
        else
            AddressRewriter.SetSource(frame, info, address, 0);
        PacketChecksums.WriteTransport(frame, info);
    }
}
