using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// An ICMPv6 header (RFC 4443), 8 bytes:
/// <code>
///  0      1      2          4                                     8
///  | type | code | checksum | depends on the type                 | data, or the quoted packet ...
/// </code>
/// </summary>
public readonly ref struct Icmpv6Header
{
    /// <summary>Header length, bytes.</summary>
    public const int Size = 8;

    internal const int ChecksumOffset = 2;

    private readonly ref readonly byte _start;
    private readonly int _payloadBytes;

    private Icmpv6Header(ReadOnlySpan<byte> message)
    {
        _start = ref MemoryMarshal.GetReference(message);
        _payloadBytes = message.Length - Size;
    }

    /// <summary>Proves the header.</summary>
    /// <returns><see cref="ParseStatus.Ok"/> or <see cref="ParseStatus.TruncatedTransport"/>.</returns>
    public static ParseStatus TryParse(ReadOnlySpan<byte> message, out Icmpv6Header header)
    {
        header = default;
        if (message.Length < Size)
            return ParseStatus.TruncatedTransport;
        header = new Icmpv6Header(message);
        return ParseStatus.Ok;
    }

    /// <summary>What kind of message this is.</summary>
    public Icmpv6Type Type => (Icmpv6Type)Wire.U8(in _start, 0);

    /// <summary>Detail of the type.</summary>
    public byte Code => Wire.U8(in _start, 1);

    /// <summary>Checksum, over a pseudo header too.</summary>
    public ushort Checksum => Wire.U16(in _start, ChecksumOffset);

    /// <summary>Identifier of an echo, host order. Meaningless for other types.</summary>
    public ushort Id => Wire.U16(in _start, 4);

    /// <summary>Sequence number of an echo. Meaningless for other types.</summary>
    public ushort Sequence => Wire.U16(in _start, 6);

    /// <summary>The MTU of "packet too big", bytes. Meaningless for other types.</summary>
    public uint Mtu => Wire.U32(in _start, 4);

    /// <summary>The offending byte of a "parameter problem". Meaningless for other types.</summary>
    public uint Pointer => Wire.U32(in _start, 4);

    /// <summary>True for errors, which quote the packet that caused them.</summary>
    public bool IsError => (byte)Type < 128;

    /// <summary>Everything after the header.</summary>
    public ReadOnlySpan<byte> Payload => Wire.Bytes(in _start, Size, _payloadBytes);

    /// <summary>The start of the packet an error is about, from its IP header on; empty unless <see cref="IsError"/>.</summary>
    public ReadOnlySpan<byte> QuotedPacket => IsError ? Payload : default;
}
