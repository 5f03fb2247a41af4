using System.Buffers.Binary;

namespace DatapathKernels.Overlay;

/// <summary>
/// GRE's header (RFC 2784, RFC 2890), 4 to 16 bytes:
/// <code>
///  0                     2          4                     8         12
///  | C . K S ... version | protocol | checksum, reserved  | key     | sequence |
/// </code>
/// </summary>
public static class GreHeader
{
    /// <summary>Bytes without optional fields.</summary>
    public const int Bytes = 4;

    /// <summary>EtherType of an inner Ethernet frame (transparent Ethernet bridging).</summary>
    public const ushort Ethernet = 0x6558;

    /// <summary>EtherType of Cisco's web cache protocol, whose payload is IPv4, behind four bytes of its own in version 2.</summary>
    private const ushort Wccp = 0x883e;

    private const ushort ChecksumBit = 0x8000, RoutingBit = 0x4000, KeyBit = 0x2000, SequenceBit = 0x1000, Version = 0x0007;

    /// <summary>Reads a header as Linux does (<c>gre_parse_header</c>): a version other than 0, PPTP's for one, and source routes are refused.</summary>
    /// <param name="bytes">From the header to the end of the outer packet.</param>
    /// <param name="fields">What it says, when the result is <see cref="DecapStatus.Ok"/>.</param>
    public static DecapStatus TryRead(ReadOnlySpan<byte> bytes, out GreFields fields)
    {
        fields = default;
        if (bytes.Length < Bytes)
            return DecapStatus.TruncatedHeader;
        int flags = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        if ((flags & Version) != 0)
            return DecapStatus.BadVersion;
        if ((flags & RoutingBit) != 0)
            return DecapStatus.ReservedBits;
        int length = Bytes + Word(flags, ChecksumBit) + Word(flags, KeyBit) + Word(flags, SequenceBit);
        if (bytes.Length < length)
            return DecapStatus.TruncatedHeader;
        int key = Bytes + Word(flags, ChecksumBit), sequence = key + Word(flags, KeyBit);
        ushort protocol = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (protocol == Wccp)
        {
            protocol = Packets.Ipv4Header.EtherType;
            length += bytes.Length > length && bytes[length] >> 4 != 4 ? 4 : 0;
        }

        if (bytes.Length < length)
            return DecapStatus.TruncatedHeader;
        fields = new GreFields(
            protocol, length, (flags & ChecksumBit) != 0,
            (flags & KeyBit) != 0 ? BinaryPrimitives.ReadUInt32BigEndian(bytes[key..]) : null,
            (flags & SequenceBit) != 0 ? BinaryPrimitives.ReadUInt32BigEndian(bytes[sequence..]) : null);
        return DecapStatus.Ok;
    }

    private static int Word(int flags, int bit) => (flags & bit) != 0 ? 4 : 0;
}
