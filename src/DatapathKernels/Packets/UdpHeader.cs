using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// A UDP header (RFC 768), 8 bytes:
/// <code>
///  0             2                  4        6          8
///  | source port | destination port | length | checksum | payload ...
/// </code>
/// </summary>
public readonly ref struct UdpHeader
{
    /// <summary>Header length, bytes.</summary>
    public const int Size = 8;

    internal const int LengthOffset = 4, ChecksumOffset = 6;

    private readonly ref readonly byte _start;
    private readonly int _available;

    private UdpHeader(ReadOnlySpan<byte> datagram)
    {
        _start = ref MemoryMarshal.GetReference(datagram);
        _available = datagram.Length;
    }

    /// <summary>
    /// Proves the header and its length. A length of zero is accepted: jumbo datagrams and segmentation offload leave it so
    /// (RFC 2675); <see cref="FlowParser"/> tells where it is legal.
    /// </summary>
    /// <returns>
    /// <see cref="ParseStatus.Ok"/>, <see cref="ParseStatus.TruncatedTransport"/> or <see cref="ParseStatus.BadUdpLength"/>
    /// (1 to 7, or beyond the datagram).
    /// </returns>
    public static ParseStatus TryParse(ReadOnlySpan<byte> datagram, out UdpHeader header)
    {
        header = default;
        if (datagram.Length < Size)
            return ParseStatus.TruncatedTransport;
        UdpHeader candidate = new(datagram);
        if (candidate.Length != 0 && (candidate.Length < Size || candidate.Length > datagram.Length))
            return ParseStatus.BadUdpLength;
        header = candidate;
        return ParseStatus.Ok;
    }

    /// <summary>Source port, host order.</summary>
    public ushort SourcePort => Wire.U16(in _start, 0);

    /// <summary>Destination port, host order.</summary>
    public ushort DestinationPort => Wire.U16(in _start, 2);

    /// <summary>Bytes of header and payload as claimed; 0 where the IP layer tells instead.</summary>
    public ushort Length => Wire.U16(in _start, LengthOffset);

    /// <summary>Checksum; 0 means that none was computed (legal on IPv4 only, and for tunnels by RFC 6935).</summary>
    public ushort Checksum => Wire.U16(in _start, ChecksumOffset);

    /// <summary>Everything after the header, up to the claimed length.</summary>
    public ReadOnlySpan<byte> Payload => Wire.Bytes(in _start, Size, (Length == 0 ? _available : Length) - Size);
}
