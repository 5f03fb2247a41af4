using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// <see cref="AddressRewriter"/> for a packet quoted in an ICMP error, of which as little as the ports of the transport
/// header may be there: checksums are mended where they are. The error's own checksum is the caller's to write.
/// </summary>
internal static class QuotedRewriter
{
    /// <summary>Writes another address and port into the quoted packet.</summary>
    /// <param name="frame">The frame that carries the error, to the end of its datagram.</param>
    /// <param name="quoted">The quoted packet in it; see <see cref="QuotedPacketParser"/>.</param>
    /// <param name="address">The new address as on the wire; IPv4 in the first four bytes.</param>
    /// <param name="portBe">The new port (the identifier of a query), network byte order.</param>
    /// <param name="destination">True for the quoted packet's destination, false for its source.</param>
    /// <param name="mendsTransport">False leaves the quoted transport checksum as it is.</param>
    public static void Write(Span<byte> frame, in PacketInfo quoted, in IPv6Address address, ushort portBe, bool destination, bool mendsTransport = true)
    {
        bool ipv4 = (quoted.Flags & PacketFlags.Ipv4) != 0;
        Span<byte> header = frame[quoted.L3Offset..];
        Span<byte> segment = frame[quoted.L4Offset..];
        int at = ipv4 ? (destination ? 16 : 12) : (destination ? 24 : 8);
        int field = mendsTransport ? ChecksumField(quoted, segment) : -1;
        if (ipv4)
        {
            uint old = MemoryMarshal.Read<uint>(header[at..]), word = IPv6Address.FirstWord(address);
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
