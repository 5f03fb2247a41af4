using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// An IPv6 header (RFC 8200 section 3), 40 bytes:
/// <code>
///  0               1               2               3
///  |version| traffic class |             flow label                |   0
///  |        payload length         |  next header  |   hop limit   |   4
///  |                    source address (16 bytes)                  |   8
///  |                 destination address (16 bytes)                |  24
/// </code>
/// </summary>
public readonly ref struct Ipv6Header
{
    /// <summary>Header length without extension headers, bytes.</summary>
    public const int Size = 40;

    /// <summary>EtherType of IPv6.</summary>
    public const ushort EtherType = 0x86dd;

    internal const int LengthOffset = 4, NextHeaderOffset = 6, HopLimitOffset = 7, SourceOffset = 8, DestinationOffset = 24;

    private readonly ref readonly byte _start;
    private readonly int _available;

    private Ipv6Header(ReadOnlySpan<byte> packet)
    {
        _start = ref MemoryMarshal.GetReference(packet);
        _available = packet.Length;
    }

    /// <summary>Proves the fixed header; the payload length is read, not judged (see <see cref="LengthStatus"/>).</summary>
    /// <returns><see cref="ParseStatus.Ok"/>, <see cref="ParseStatus.BadVersion"/> or <see cref="ParseStatus.TruncatedIpv6"/>.</returns>
    public static ParseStatus TryParse(ReadOnlySpan<byte> packet, out Ipv6Header header)
    {
        header = default;
        if (packet.IsEmpty)
            return ParseStatus.TruncatedIpv6;
        if (packet[0] >> 4 != 6)
            return ParseStatus.BadVersion;
        if (packet.Length < Size)
            return ParseStatus.TruncatedIpv6;
        header = new Ipv6Header(packet);
        return ParseStatus.Ok;
    }

    /// <summary>Traffic class: DSCP and ECN together.</summary>
    public byte TrafficClass => (byte)(Wire.U16(in _start, 0) >> 4);

    /// <summary>Differentiated services code point, 0 to 63.</summary>
    public byte Dscp => (byte)(TrafficClass >> 2);

    /// <summary>Explicit congestion notification, 0 to 3 (RFC 3168).</summary>
    public byte Ecn => (byte)(TrafficClass & 3);

    /// <summary>Flow label, 20 bits.</summary>
    public uint FlowLabel => Wire.U32(in _start, 0) & 0xfffff;

    /// <summary>Bytes after this header as claimed; 0 with a jumbo payload option or segmentation offload.</summary>
    public ushort PayloadLength => Wire.U16(in _start, LengthOffset);

    /// <summary>The header that follows: an extension header or the transport protocol.</summary>
    public IpProtocol NextHeader => (IpProtocol)Wire.U8(in _start, NextHeaderOffset);

    /// <summary>Hop limit.</summary>
    public byte HopLimit => Wire.U8(in _start, HopLimitOffset);

    /// <summary>Source address.</summary>
    public IPv6Address Source => Wire.Raw<IPv6Address>(in _start, SourceOffset);

    /// <summary>Destination address.</summary>
    public IPv6Address Destination => Wire.Raw<IPv6Address>(in _start, DestinationOffset);

    /// <summary>
    /// What to make of the payload length: <see cref="ParseStatus.Ok"/>, <see cref="ParseStatus.LengthZero"/> (nothing follows
    /// or the length is elsewhere) or <see cref="ParseStatus.TruncatedPayload"/>.
    /// </summary>
    public ParseStatus LengthStatus => PayloadLength switch
    {
        0 when NextHeader != IpProtocol.NoNextHeader => ParseStatus.LengthZero,
        ushort length when length > _available - Size => ParseStatus.TruncatedPayload,
        _ => ParseStatus.Ok,
    };

    /// <summary>
    /// Extension headers and payload that are there: up to the payload length, or to the end of the bytes when that is zero
    /// or beyond them.
    /// </summary>
    public ReadOnlySpan<byte> Payload =>
        Wire.Bytes(in _start, Size, LengthStatus == ParseStatus.Ok ? PayloadLength : _available - Size);
}
