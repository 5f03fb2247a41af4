using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// An IPv4 header (RFC 791 section 3.1), 20 to 60 bytes:
/// <code>
///  0               1               2               3
///  |version|  IHL  |DSCP       |ECN|         total length          |   0
///  |        identification         |0|D|M|    fragment offset      |   4
///  | time to live  |   protocol    |        header checksum        |   8
///  |                        source address                         |  12
///  |                     destination address                       |  16
///  |                    options (IHL - 5 words)                    |  20
/// </code>
/// </summary>
public readonly ref struct Ipv4Header
{
    /// <summary>Length without options, bytes.</summary>
    public const int MinSize = 20;

    /// <summary>Length with the most options, bytes.</summary>
    public const int MaxSize = 60;

    /// <summary>EtherType of IPv4.</summary>
    public const ushort EtherType = 0x0800;

    internal const int TosOffset = 1, LengthOffset = 2, IdOffset = 4, FragmentOffsetField = 6, TtlOffset = 8, ProtocolOffset = 9,
        ChecksumOffset = 10, SourceOffset = 12, DestinationOffset = 16;

    private readonly ref readonly byte _start;
    private readonly int _available;

    private Ipv4Header(ReadOnlySpan<byte> packet)
    {
        _start = ref MemoryMarshal.GetReference(packet);
        _available = packet.Length;
    }

    /// <summary>
    /// Proves the header and its options. The total length is read, not judged: see <see cref="LengthStatus"/>, since a quoted
    /// or truncated packet has a sound header all the same.
    /// </summary>
    /// <returns>
    /// <see cref="ParseStatus.Ok"/>, <see cref="ParseStatus.BadVersion"/>, <see cref="ParseStatus.TruncatedIpv4"/> or
    /// <see cref="ParseStatus.BadIhl"/>.
    /// </returns>
    public static ParseStatus TryParse(ReadOnlySpan<byte> packet, out Ipv4Header header)
    {
        header = default;
        if (packet.IsEmpty)
            return ParseStatus.TruncatedIpv4;
        if (packet[0] >> 4 != 4)
            return ParseStatus.BadVersion;
        if (packet.Length < MinSize)
            return ParseStatus.TruncatedIpv4;
        int bytes = (packet[0] & 15) * 4;
        if (bytes < MinSize)
            return ParseStatus.BadIhl;
        if (bytes > packet.Length)
            return ParseStatus.TruncatedIpv4;
        header = new Ipv4Header(packet);
        return ParseStatus.Ok;
    }

    /// <summary>Header length with options, bytes.</summary>
    public int HeaderBytes => (Wire.U8(in _start, 0) & 15) * 4;

    /// <summary>Type of service: DSCP and ECN together.</summary>
    public byte Tos => Wire.U8(in _start, TosOffset);

    /// <summary>Differentiated services code point, 0 to 63.</summary>
    public byte Dscp => (byte)(Tos >> 2);

    /// <summary>Explicit congestion notification, 0 to 3 (RFC 3168).</summary>
    public byte Ecn => (byte)(Tos & 3);

    /// <summary>Total length as claimed, bytes; 0 in packets above 64 KiB that segmentation offload made.</summary>
    public ushort TotalLength => Wire.U16(in _start, LengthOffset);

    /// <summary>Identification.</summary>
    public ushort Id => Wire.U16(in _start, IdOffset);

    /// <summary>Don't fragment.</summary>
    public bool DontFragment => (Wire.U8(in _start, FragmentOffsetField) & 0x40) != 0;

    /// <summary>More fragments follow.</summary>
    public bool MoreFragments => (Wire.U8(in _start, FragmentOffsetField) & 0x20) != 0;

    /// <summary>Fragment offset, bytes.</summary>
    public ushort FragmentOffset => (ushort)((Wire.U16(in _start, FragmentOffsetField) & 0x1fff) << 3);

    /// <summary>True for every fragment of a datagram, the first included.</summary>
    public bool IsFragment => (Wire.U16(in _start, FragmentOffsetField) & 0x3fff) != 0;

    /// <summary>Time to live.</summary>
    public byte Ttl => Wire.U8(in _start, TtlOffset);

    /// <summary>The protocol of the payload.</summary>
    public IpProtocol Protocol => (IpProtocol)Wire.U8(in _start, ProtocolOffset);

    /// <summary>Header checksum.</summary>
    public ushort Checksum => Wire.U16(in _start, ChecksumOffset);

    /// <summary>Source address, host order.</summary>
    public uint Source => Wire.U32(in _start, SourceOffset);

    /// <summary>Destination address, host order.</summary>
    public uint Destination => Wire.U32(in _start, DestinationOffset);

    /// <summary>The whole header: what its checksum covers.</summary>
    public ReadOnlySpan<byte> Bytes => Wire.Bytes(in _start, 0, HeaderBytes);

    /// <summary>The options; empty without any.</summary>
    public Ipv4Options Options => new(Wire.Bytes(in _start, MinSize, HeaderBytes - MinSize));

    /// <summary>
    /// What to make of the total length: <see cref="ParseStatus.Ok"/>, <see cref="ParseStatus.LengthZero"/>,
    /// <see cref="ParseStatus.BadTotalLength"/> or <see cref="ParseStatus.TruncatedPayload"/>.
    /// </summary>
    public ParseStatus LengthStatus => TotalLength switch
    {
        0 when !IsFragment => ParseStatus.LengthZero,
        ushort length when length < HeaderBytes => ParseStatus.BadTotalLength,
        ushort length when length > _available => ParseStatus.TruncatedPayload,
        _ => ParseStatus.Ok,
    };

    /// <summary>
    /// The payload that is there: up to the total length, or to the end of the bytes when that is zero, wrong or beyond them.
    /// Link padding is left out.
    /// </summary>
    public ReadOnlySpan<byte> Payload =>
        Wire.Bytes(in _start, HeaderBytes, (LengthStatus == ParseStatus.Ok ? TotalLength : _available) - HeaderBytes);
}
