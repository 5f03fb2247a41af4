using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// An ICMP header (RFC 792), 8 bytes:
/// <code>
///  0      1      2          4                                     8
///  | type | code | checksum | depends on the type                 | data, or the quoted packet ...
/// </code>
/// </summary>
public readonly ref struct IcmpHeader
{
    /// <summary>Header length, bytes.</summary>
    public const int Size = 8;

    internal const int ChecksumOffset = 2;

    private readonly ref readonly byte _start;
    private readonly int _payloadBytes;

    private IcmpHeader(ReadOnlySpan<byte> message)
    {
        _start = ref MemoryMarshal.GetReference(message);
        _payloadBytes = message.Length - Size;
    }

    /// <summary>Proves the header.</summary>
    /// <returns><see cref="ParseStatus.Ok"/> or <see cref="ParseStatus.TruncatedTransport"/>.</returns>
    public static ParseStatus TryParse(ReadOnlySpan<byte> message, out IcmpHeader header)
    {
        header = default;
        if (message.Length < Size)
            return ParseStatus.TruncatedTransport;
        header = new IcmpHeader(message);
        return ParseStatus.Ok;
    }

    /// <summary>What kind of message this is.</summary>
    public IcmpType Type => (IcmpType)Wire.U8(in _start, 0);

    /// <summary>Detail of the type.</summary>
    public byte Code => Wire.U8(in _start, 1);

    /// <summary>Checksum.</summary>
    public ushort Checksum => Wire.U16(in _start, ChecksumOffset);

    /// <summary>Identifier of an echo or timestamp, host order. Meaningless for other types.</summary>
    public ushort Id => Wire.U16(in _start, 4);

    /// <summary>Sequence number of an echo or timestamp. Meaningless for other types.</summary>
    public ushort Sequence => Wire.U16(in _start, 6);

    /// <summary>Next-hop MTU of "fragmentation needed" (RFC 1191), bytes; 0 from routers that do not tell. Meaningless for other types.</summary>
    public ushort NextHopMtu => Wire.U16(in _start, 6);

    /// <summary>The gateway of a redirect, host order. Meaningless for other types.</summary>
    public uint Gateway => Wire.U32(in _start, 4);

    /// <summary>The offending byte of a "parameter problem". Meaningless for other types.</summary>
    public byte Pointer => Wire.U8(in _start, 4);

    /// <summary>True for errors, which quote the packet that caused them.</summary>
    public bool IsError => Type
        is IcmpType.DestinationUnreachable or IcmpType.SourceQuench or IcmpType.Redirect
        or IcmpType.TimeExceeded or IcmpType.ParameterProblem;

    /// <summary>Everything after the header.</summary>
    public ReadOnlySpan<byte> Payload => Wire.Bytes(in _start, Size, _payloadBytes);

    /// <summary>The start of the packet an error is about, from its IP header on; empty unless <see cref="IsError"/>.</summary>
    public ReadOnlySpan<byte> QuotedPacket => IsError ? Payload : default;
}
