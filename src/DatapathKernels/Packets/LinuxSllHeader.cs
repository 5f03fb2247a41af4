using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// A Linux cooked capture header v1 (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html), 16 bytes:
/// <code>
///  0             2        4                6                 14         16
///  | packet type | ARPHRD | address length | address (8)     | protocol | payload ...
/// </code>
/// </summary>
public readonly ref struct LinuxSllHeader
{
    /// <summary>Header length, bytes.</summary>
    public const int Size = 16;

    private readonly ref readonly byte _start;
    private readonly int _payloadBytes;

    private LinuxSllHeader(ReadOnlySpan<byte> frame)
    {
        _start = ref MemoryMarshal.GetReference(frame);
        _payloadBytes = frame.Length - Size;
    }

    /// <summary>Proves the header.</summary>
    /// <returns><see cref="ParseStatus.Ok"/> or <see cref="ParseStatus.TruncatedLink"/>.</returns>
    public static ParseStatus TryParse(ReadOnlySpan<byte> frame, out LinuxSllHeader header)
    {
        header = default;
        if (frame.Length < Size)
            return ParseStatus.TruncatedLink;
        header = new LinuxSllHeader(frame);
        return ParseStatus.Ok;
    }

    /// <summary>0 to us, 1 broadcast, 2 multicast, 3 to another host, 4 sent by us.</summary>
    public ushort PacketType => Wire.U16(in _start, 0);

    /// <summary>ARPHRD type of the device.</summary>
    public ushort HardwareType => Wire.U16(in _start, 2);

    /// <summary>Length of the sender's link address as the header claims; at most 8 bytes of it are present.</summary>
    public ushort AddressLength => Wire.U16(in _start, 4);

    /// <summary>The sender's link address, cut off at 8 bytes.</summary>
    public ReadOnlySpan<byte> Address => Wire.Bytes(in _start, 6, Math.Min(AddressLength, (ushort)8));

    /// <summary>EtherType of the payload (for most devices; see the link above).</summary>
    public ushort Protocol => Wire.U16(in _start, 14);

    /// <summary>Everything after the header.</summary>
    public ReadOnlySpan<byte> Payload => Wire.Bytes(in _start, Size, _payloadBytes);
}
