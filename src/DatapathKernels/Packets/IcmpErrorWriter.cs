using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// Builds the ICMP or ICMPv6 error about a packet, as Linux's <c>icmp_send</c> and <c>icmp6_send</c> do: quoting as much of it
/// as fits 576 bytes (IPv4, RFC 1812) or 1,280 (IPv6, RFC 4443) in all, with hop limit 64. Whether one is due is the caller's
/// to know, see <see cref="Filtering.RejectBuilder"/>.
/// </summary>
public static class IcmpErrorWriter
{
    private const int MostV4 = 576, MostV6 = 1280, HeaderV4 = 20, HeaderV6 = 40, IcmpBytes = 8;

    /// <summary>Writes the whole datagram, from its IP header on, checksums included.</summary>
    /// <param name="frame">The frame that carries the packet the error is about.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="datagramBytes">Bytes of that datagram as it is now.</param>
    /// <param name="type">ICMP or ICMPv6 type.</param>
    /// <param name="code">Its detail.</param>
    /// <param name="rest">The four bytes that depend on the type, host order: 0, or an MTU.</param>
    /// <param name="source">Who tells: as it stands on the wire, IPv4 in the first four bytes.</param>
    /// <param name="answer">Room for the error.</param>
    /// <param name="id">IPv4 identification.</param>
    /// <returns>Its bytes; 0 when there is too little room.</returns>
    public static int Write(ReadOnlySpan<byte> frame, in PacketInfo info, int datagramBytes, byte type, byte code, uint rest, in IPv6Address source, Span<byte> answer, ushort id = 0)
    {
        bool ipv4 = (info.Flags & PacketFlags.Ipv4) != 0;
        // The precedence is that of internetwork control, the type of service that of the packet (RFC 1812, 4.3.2.5).
        byte tos = ipv4 ? (byte)((frame[info.L3Offset + 1] & 0x1e) | 0xc0) : (byte)0;
        IcmpErrorShape shape = new(ipv4 ? MostV4 : MostV6, tos, Id: id);
        return Write(frame, info, datagramBytes, type, code, rest, source, shape, answer);
    }

    /// <summary>Writes the whole datagram, in the shape that another maker of errors gives it.</summary>
    /// <param name="frame">The frame that carries the packet the error is about.</param>
    /// <param name="info">What its parse found.</param>
    /// <param name="datagramBytes">Bytes of that datagram as it is now.</param>
    /// <param name="type">ICMP or ICMPv6 type.</param>
    /// <param name="code">Its detail.</param>
    /// <param name="rest">The four bytes that depend on the type, host order: 0, or an MTU.</param>
    /// <param name="source">Who tells: as it stands on the wire, IPv4 in the first four bytes.</param>
    /// <param name="shape">How much is quoted, and the header's free fields.</param>
    /// <param name="answer">Room for the error.</param>
    /// <returns>Its bytes; 0 when there is too little room.</returns>
    public static int Write(ReadOnlySpan<byte> frame, in PacketInfo info, int datagramBytes, byte type, byte code, uint rest, in IPv6Address source, in IcmpErrorShape shape, Span<byte> answer)
    {
        bool ipv4 = (info.Flags & PacketFlags.Ipv4) != 0;
        int header = ipv4 ? HeaderV4 : HeaderV6;
        ReadOnlySpan<byte> about = frame.Slice(info.L3Offset, datagramBytes);
        about = about[..Math.Min(about.Length, shape.MostBytes - header - IcmpBytes)];
        int bytes = header + IcmpBytes + about.Length;
        if (answer.Length < bytes)
            return 0;

        Span<byte> message = answer[header..bytes];
        BinaryPrimitives.WriteUInt32BigEndian(message, ((uint)type << 24) | ((uint)code << 16));
        BinaryPrimitives.WriteUInt32BigEndian(message[4..], rest);
        about.CopyTo(message[IcmpBytes..]);
        ushort checksum = ipv4
            ? WriteV4(answer, about, message, source, shape)
            : WriteV6(answer, about, message, source, shape.HopLimit);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], checksum);
        return bytes;
    }

    private static ushort WriteV4(Span<byte> answer, ReadOnlySpan<byte> about, ReadOnlySpan<byte> message, in IPv6Address source, in IcmpErrorShape shape)
    {
        uint from = MemoryMarshal.Read<uint>(MemoryMarshal.AsBytes(new ReadOnlySpan<IPv6Address>(in source)));
        Ipv4Fields fields = new()
        {
            Tos = shape.Tos,
            Id = shape.Id,
            Ttl = shape.HopLimit,
            DontFragment = shape.DontFragment,
            Protocol = IpProtocol.Icmp,
            Source = BinaryPrimitives.ReverseEndianness(from),
            Destination = BinaryPrimitives.ReadUInt32BigEndian(about[12..]),
        };
        Ipv4Writer.Write(answer, fields, message.Length);
        return InternetChecksum.Compute(message);
    }

    private static ushort WriteV6(Span<byte> answer, ReadOnlySpan<byte> about, ReadOnlySpan<byte> message, in IPv6Address source, byte hopLimit)
    {
        IPv6Address to = new(about[8..]);
        Ipv6Fields fields = new() { NextHeader = IpProtocol.IcmpV6, HopLimit = hopLimit, Source = source, Destination = to };
        Ipv6Writer.Write(answer, fields, message.Length);
        return InternetChecksum.ComputeTransport(InternetChecksum.PseudoHeaderV6(source, to, IpProtocol.IcmpV6, (uint)message.Length), message, IpProtocol.IcmpV6);
    }
}
