using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// An ARP packet for IPv4 over Ethernet (RFC 826), 28 bytes:
/// <code>
///  0      2       4    5    6       8         14       18        24       28
///  | htype | ptype | hl | pl | operation | sender MAC | sender IP | target MAC | target IP |
/// </code>
/// </summary>
public readonly ref struct ArpHeader
{
    /// <summary>Packet length for IPv4 over Ethernet, bytes.</summary>
    public const int Size = 28;

    /// <summary>EtherType of ARP.</summary>
    public const ushort EtherType = 0x0806;

    /// <summary>Operation: request.</summary>
    public const ushort Request = 1;

    /// <summary>Operation: reply.</summary>
    public const ushort Reply = 2;

    /// <summary>The first six bytes of every packet this view accepts: Ethernet, IPv4, lengths 6 and 4.</summary>
    internal const ulong EthernetIpv4 = 0x0001_0800_0604;

    private const int OperationOffset = 6, SenderMacOffset = 8, SenderAddressOffset = 14, TargetMacOffset = 18, TargetAddressOffset = 24;

    private readonly ref readonly byte _start;

    private ArpHeader(ReadOnlySpan<byte> bytes) => _start = ref MemoryMarshal.GetReference(bytes);

    /// <summary>Proves the packet.</summary>
    /// <returns>
    /// <see cref="ParseStatus.Ok"/>, <see cref="ParseStatus.TruncatedArp"/>, or <see cref="ParseStatus.UnsupportedArp"/> when it
    /// is not IPv4 over Ethernet.
    /// </returns>
    public static ParseStatus TryParse(ReadOnlySpan<byte> bytes, out ArpHeader header)
    {
        header = default;
        if (bytes.Length < Size)
            return ParseStatus.TruncatedArp;
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        if (((ulong)Wire.U32(in start, 0) << 16 | Wire.U16(in start, 4)) != EthernetIpv4)
            return ParseStatus.UnsupportedArp;
        header = new ArpHeader(bytes);
        return ParseStatus.Ok;
    }

    /// <summary><see cref="Request"/>, <see cref="Reply"/> or another operation.</summary>
    public ushort Operation => Wire.U16(in _start, OperationOffset);

    /// <summary>Hardware address of the sender.</summary>
    public MacAddress SenderMac => Wire.Raw<MacAddress>(in _start, SenderMacOffset);

    /// <summary>IPv4 address of the sender, host order.</summary>
    public uint SenderAddress => Wire.U32(in _start, SenderAddressOffset);

    /// <summary>Hardware address of the target; zero in a request.</summary>
    public MacAddress TargetMac => Wire.Raw<MacAddress>(in _start, TargetMacOffset);

    /// <summary>IPv4 address of the target, host order.</summary>
    public uint TargetAddress => Wire.U32(in _start, TargetAddressOffset);
}
