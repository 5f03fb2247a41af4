using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// A BSD loopback header, 4 bytes: an address family, in the capturing host's byte order (<see cref="LinkType.Null"/>) or in
/// network byte order (<see cref="LinkType.Loop"/>).
/// </summary>
/// <remarks>
/// Nobody wrote the host's order down, but families are small numbers: the order that gives a small number is the right one.
/// </remarks>
public readonly ref struct LoopbackHeader
{
    /// <summary>Header length, bytes.</summary>
    public const int Size = 4;

    private readonly ref readonly byte _start;
    private readonly int _payloadBytes;

    private LoopbackHeader(ReadOnlySpan<byte> frame)
    {
        _start = ref MemoryMarshal.GetReference(frame);
        _payloadBytes = frame.Length - Size;
    }

    /// <summary>Proves the header.</summary>
    /// <returns><see cref="ParseStatus.Ok"/> or <see cref="ParseStatus.TruncatedLink"/>.</returns>
    public static ParseStatus TryParse(ReadOnlySpan<byte> frame, out LoopbackHeader header)
    {
        header = default;
        if (frame.Length < Size)
            return ParseStatus.TruncatedLink;
        header = new LoopbackHeader(frame);
        return ParseStatus.Ok;
    }

    /// <summary>The address family: 2 is IPv4 everywhere; 10, 24, 28 and 30 are IPv6 on one system or another.</summary>
    public uint Family
    {
        get
        {
            uint big = Wire.U32(in _start, 0);
            return big <= ushort.MaxValue ? big : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(big);
        }
    }

    /// <summary>The EtherType that stands for the family: IPv4, IPv6, or 0 for any other.</summary>
    public ushort EtherType => Family switch { 2 => Ipv4Header.EtherType, 10 or 24 or 28 or 30 => Ipv6Header.EtherType, _ => 0 };

    /// <summary>Everything after the header.</summary>
    public ReadOnlySpan<byte> Payload => Wire.Bytes(in _start, Size, _payloadBytes);
}
