using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// An SCTP common header (RFC 9260 section 3.1), 12 bytes:
/// <code>
///  0             2                  4                  8          12
///  | source port | destination port | verification tag | checksum | chunks ...
/// </code>
/// The checksum is CRC32C over the whole packet with this field zero, stored with its lowest byte first.
/// </summary>
public readonly ref struct SctpHeader
{
    /// <summary>Header length, bytes.</summary>
    public const int Size = 12;

    internal const int ChecksumOffset = 8;

    private readonly ref readonly byte _start;
    private readonly int _payloadBytes;

    private SctpHeader(ReadOnlySpan<byte> packet)
    {
        _start = ref MemoryMarshal.GetReference(packet);
        _payloadBytes = packet.Length - Size;
    }

    /// <summary>Proves the header.</summary>
    /// <returns><see cref="ParseStatus.Ok"/> or <see cref="ParseStatus.TruncatedTransport"/>.</returns>
    public static ParseStatus TryParse(ReadOnlySpan<byte> packet, out SctpHeader header)
    {
        header = default;
        if (packet.Length < Size)
            return ParseStatus.TruncatedTransport;
        header = new SctpHeader(packet);
        return ParseStatus.Ok;
    }

    /// <summary>Source port, host order.</summary>
    public ushort SourcePort => Wire.U16(in _start, 0);

    /// <summary>Destination port, host order.</summary>
    public ushort DestinationPort => Wire.U16(in _start, 2);

    /// <summary>Verification tag.</summary>
    public uint VerificationTag => Wire.U32(in _start, 4);

    /// <summary>Checksum as the four bytes stand in network order; its CRC32C value is the reverse of them.</summary>
    public uint Checksum => Wire.U32(in _start, ChecksumOffset);

    /// <summary>The chunks.</summary>
    public SctpChunks Chunks => new(Wire.Bytes(in _start, Size, _payloadBytes));
}
