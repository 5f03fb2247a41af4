using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// A TCP header (RFC 9293 section 3.1), 20 to 60 bytes:
/// <code>
///  0               1               2               3
///  |          source port          |       destination port        |   0
///  |                        sequence number                        |   4
///  |                     acknowledgment number                     |   8
///  | offset| rsvd  |C E U A P R S F|            window             |  12
///  |           checksum            |        urgent pointer         |  16
///  |                    options (offset - 5 words)                 |  20
/// </code>
/// </summary>
public readonly ref struct TcpHeader
{
    /// <summary>Length without options, bytes.</summary>
    public const int MinSize = 20;

    /// <summary>Length with the most options, bytes.</summary>
    public const int MaxSize = 60;

    internal const int DataOffsetField = 12, FlagsOffset = 13, ChecksumOffset = 16;

    private readonly ref readonly byte _start;
    private readonly int _available;

    private TcpHeader(ReadOnlySpan<byte> segment)
    {
        _start = ref MemoryMarshal.GetReference(segment);
        _available = segment.Length;
    }

    /// <summary>Proves the header and its options.</summary>
    /// <returns>
    /// <see cref="ParseStatus.Ok"/>, <see cref="ParseStatus.TruncatedTransport"/> (fewer than 20 bytes) or
    /// <see cref="ParseStatus.BadTcpDataOffset"/> (below 20 bytes or beyond the segment).
    /// </returns>
    public static ParseStatus TryParse(ReadOnlySpan<byte> segment, out TcpHeader header)
    {
        header = default;
        if (segment.Length < MinSize)
            return ParseStatus.TruncatedTransport;
        int bytes = (segment[DataOffsetField] >> 4) * 4;
        if (bytes < MinSize || bytes > segment.Length)
            return ParseStatus.BadTcpDataOffset;
        header = new TcpHeader(segment);
        return ParseStatus.Ok;
    }

    /// <summary>Source port, host order.</summary>
    public ushort SourcePort => Wire.U16(in _start, 0);

    /// <summary>Destination port, host order.</summary>
    public ushort DestinationPort => Wire.U16(in _start, 2);

    /// <summary>Sequence number.</summary>
    public uint Sequence => Wire.U32(in _start, 4);

    /// <summary>Acknowledgment number; meaningful when ACK is set.</summary>
    public uint Acknowledgment => Wire.U32(in _start, 8);

    /// <summary>Header length with options, bytes.</summary>
    public int HeaderBytes => (Wire.U8(in _start, DataOffsetField) >> 4) * 4;

    /// <summary>The control bits.</summary>
    public TcpFlags Flags => (TcpFlags)Wire.U8(in _start, FlagsOffset);

    /// <summary>Window as it stands, unscaled.</summary>
    public ushort Window => Wire.U16(in _start, 14);

    /// <summary>Checksum.</summary>
    public ushort Checksum => Wire.U16(in _start, ChecksumOffset);

    /// <summary>Urgent pointer; meaningful when URG is set.</summary>
    public ushort UrgentPointer => Wire.U16(in _start, 18);

    /// <summary>The options; empty without any.</summary>
    public TcpOptions Options => new(Wire.Bytes(in _start, MinSize, HeaderBytes - MinSize));

    /// <summary>Everything after the header.</summary>
    public ReadOnlySpan<byte> Payload => Wire.Bytes(in _start, HeaderBytes, _available - HeaderBytes);
}
