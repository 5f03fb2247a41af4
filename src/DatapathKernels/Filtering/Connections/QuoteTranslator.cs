using System.Runtime.InteropServices;
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
        WriteQuoted(frame[..(info.L3Offset + (int)info.L3Length)], quoted, ConnectionKeys.Wire(ipv4, inner ? other.Destination : other.Source), portBe, inner, ipv4);

        IPv6Address address = ConnectionKeys.Wire(ipv4, destination ? outer.Destination : outer.Source);
        if (ipv4 && destination)
            AddressRewriter.SetDestination(frame, info, WireAddress.FirstWord(address), 0);
        else if (ipv4)
            AddressRewriter.SetSource(frame, info, WireAddress.FirstWord(address), 0);
        else if (destination)
            AddressRewriter.SetDestination(frame, info, address, 0);
        else
            AddressRewriter.SetSource(frame, info, address, 0);
        PacketChecksums.WriteTransport(frame, info);
    }

    /// <summary>As the rewriter does to a whole packet, with as much of the transport header as the quote holds.</summary>
    private static void WriteQuoted(Span<byte> frame, in PacketInfo quoted, in IPv6Address address, ushort portBe, bool destination, bool ipv4)
    {
        Span<byte> header = frame[quoted.L3Offset..];
        Span<byte> segment = frame[quoted.L4Offset..];
        int at = ipv4 ? (destination ? 16 : 12) : (destination ? 24 : 8);
        int field = ChecksumField(quoted, segment);
        if (ipv4)
        {
            uint old = MemoryMarshal.Read<uint>(header[at..]), word = WireAddress.FirstWord(address);
            MemoryMarshal.Write(header[at..], word);
            Mend(header, 10, old, word);
            if (field >= 0 && quoted.Protocol != IpProtocol.Icmp)
                Mend(segment, field, old, word);
        }
        else
        {
            IPv6Address old = new(header[at..]);
            address.CopyTo(header[at..]);
            if (field >= 0)
                MemoryMarshal.Write(segment[field..], InternetChecksum.Replace128(MemoryMarshal.Read<ushort>(segment[field..]), old, address));
        }

        int port = PortOffset(quoted.Protocol, destination);
        if (port >= 0 && (quoted.Flags & PacketFlags.NonFirstFragment) == 0)
        {
            ushort old = MemoryMarshal.Read<ushort>(segment[port..]);
            MemoryMarshal.Write(segment[port..], portBe);
            if (field >= 0)
                Mend(segment, field, old, portBe);
        }

        if (field >= 0 && quoted.Protocol is IpProtocol.Udp or IpProtocol.UdpLite)
            MemoryMarshal.Write(segment[field..], InternetChecksum.ForUdp(MemoryMarshal.Read<ushort>(segment[field..])));
    }

    private static int PortOffset(IpProtocol protocol, bool destination) => protocol switch
    {
        IpProtocol.Icmp or IpProtocol.IcmpV6 => 4,
        IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.UdpLite or IpProtocol.Sctp or IpProtocol.Dccp => destination ? 2 : 0,
        _ => -1,
    };

    /// <summary>TCP's checksum only when the whole header is quoted; UDP's only when there is one.</summary>
    private static int ChecksumField(in PacketInfo quoted, ReadOnlySpan<byte> segment)
    {
        int field = (quoted.Flags & PacketFlags.NonFirstFragment) != 0 ? -1 : InternetChecksum.TransportField(quoted.Protocol);
        int needed = quoted.Protocol == IpProtocol.Tcp ? 20 : 8;
        if (field < 0 || segment.Length < needed)
            return -1;
        return quoted.Protocol == IpProtocol.Udp && (segment[field] | segment[field + 1]) == 0 ? -1 : field;
    }

    private static void Mend(Span<byte> bytes, int field, uint old, uint value) =>
        MemoryMarshal.Write(bytes[field..], InternetChecksum.Replace32(MemoryMarshal.Read<ushort>(bytes[field..]), old, value));
}
