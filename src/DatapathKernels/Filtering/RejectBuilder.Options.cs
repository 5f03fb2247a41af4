using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <content>Answers to IPv4 packets with options.</content>
public static partial class RejectBuilder
{
    private const int HeaderV4 = 20, IcmpBytes = 8, MostBytesV4 = 576, MostOptions = 40;
    private const uint DayMs = 24 * 60 * 60 * 1000;

    /// <summary>
    /// The header as it is where packets are rejected: options that tell where a packet went have been written there, and the header's checksum has not been
    /// mended yet. The kernel sums the header with the packet, so it then finds most such packets broken.
    /// </summary>
    private static RejectStatus CheckOptions(ReadOnlySpan<byte> packet, IpProtocol protocol, uint ownBe, in PacketMeta meta, Span<byte> header)
    {
        packet[..header.Length].CopyTo(header);
        if (!OptionsEcho.TryArrive(header[HeaderV4..], ownBe, TimeOf(meta)))
            return RejectStatus.Options;
        bool isSummed = protocol is IpProtocol.Tcp or IpProtocol.Icmp || (protocol == IpProtocol.Udp && !IsUnsummed(packet[header.Length..]));
        return isSummed && !InternetChecksum.IsValid(header) && !header.SequenceEqual(packet[..header.Length]) ? RejectStatus.BadChecksum : RejectStatus.Ok;
    }

    /// <summary>An error that carries back what the packet's options ask for, and quotes them as they are by now.</summary>
    private static int WriteErrorWithOptions(RejectKind kind, ReadOnlySpan<byte> packet, ReadOnlySpan<byte> header, uint ownBe, in PacketMeta meta, Span<byte> answer)
    {
        Span<byte> options = stackalloc byte[MostOptions];
        int length = OptionsEcho.Write(header[HeaderV4..], packet[HeaderV4..header.Length], ownBe, TimeOf(meta), options);
        if (length < 0)
            return 0;
        ReadOnlySpan<byte> quote = packet[..Math.Min(packet.Length, MostBytesV4 - HeaderV4 - length - IcmpBytes)];
        int bytes = HeaderV4 + length + IcmpBytes + quote.Length;
        if (answer.Length < bytes)
            return 0;
        Ipv4Fields fields = new()
        {
            Tos = (byte)((packet[1] & 0x1e) | 0xc0),
            Ttl = 64,
            Protocol = IpProtocol.Icmp,
            Source = BinaryPrimitives.ReverseEndianness(ownBe),
            Destination = BinaryPrimitives.ReadUInt32BigEndian(packet[12..]),
        };
        Ipv4Writer.Write(answer, fields, IcmpBytes + quote.Length, options[..length]);
        Span<byte> message = answer[(HeaderV4 + length)..bytes];
        message[..IcmpBytes].Clear();
        (message[0], message[1]) = (UnreachableV4, CodeOf(kind));
        quote.CopyTo(message[IcmpBytes..]);
        header.CopyTo(message[IcmpBytes..]);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], InternetChecksum.Compute(message));
        return bytes;
    }

    private static bool IsUnsummed(ReadOnlySpan<byte> segment) => segment.Length >= 8 && (segment[6] | segment[7]) == 0;

    private static uint TimeOf(in PacketMeta meta) => (uint)(((meta.NowMs % DayMs) + DayMs) % DayMs);

    private static uint OwnOf(in IPv6Address source, ReadOnlySpan<byte> packet) =>
        source != default ? IPv6Address.FirstWord(source) : MemoryMarshal.Read<uint>(packet[16..]);
}
