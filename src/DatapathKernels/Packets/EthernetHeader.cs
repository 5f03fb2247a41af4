using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// An Ethernet II header (IEEE 802.3 clause 3), 14 bytes:
/// <code>
///  0             6             12     14
///  | destination | source      | type | payload ...
/// </code>
/// A type below 0x0600 is the length of an 802.3 frame.
/// </summary>
public readonly ref struct EthernetHeader
{
    /// <summary>Header length, bytes.</summary>
    public const int Size = 14;

    private const int SourceOffset = 6, TypeOffset = 12;

    private readonly ref readonly byte _start;
    private readonly int _payloadBytes;

    private EthernetHeader(ReadOnlySpan<byte> frame)
    {
        _start = ref MemoryMarshal.GetReference(frame);
        _payloadBytes = frame.Length - Size;
    }

    /// <summary>Proves the header.</summary>
    /// <returns><see cref="ParseStatus.Ok"/> or <see cref="ParseStatus.TruncatedLink"/>.</returns>
    public static ParseStatus TryParse(ReadOnlySpan<byte> frame, out EthernetHeader header)
    {
        header = default;
        if (frame.Length < Size)
            return ParseStatus.TruncatedLink;
        header = new EthernetHeader(frame);
        return ParseStatus.Ok;
    }

    /// <summary>Destination address.</summary>
    public MacAddress Destination => Wire.Raw<MacAddress>(in _start, 0);

    /// <summary>Source address.</summary>
    public MacAddress Source => Wire.Raw<MacAddress>(in _start, SourceOffset);

    /// <summary>EtherType, or the length of an 802.3 frame when below 0x0600.</summary>
    public ushort EtherType => Wire.U16(in _start, TypeOffset);

    /// <summary>True when the type field is an 802.3 length.</summary>
    public bool IsLength => EtherType < 0x0600;

    /// <summary>Everything after the header, padding and a captured FCS included.</summary>
    public ReadOnlySpan<byte> Payload => Wire.Bytes(in _start, Size, _payloadBytes);
}
