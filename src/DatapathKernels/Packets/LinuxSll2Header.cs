using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// A Linux cooked capture header v2 (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html), 20 bytes:
/// <code>
///  0          2          4           8        10            11               12             20
///  | protocol | reserved | interface | ARPHRD | packet type | address length | address (8)  | payload ...
/// </code>
/// </summary>
public readonly ref struct LinuxSll2Header
{
    /// <summary>Header length, bytes.</summary>
    public const int Size = 20;

    private readonly ref readonly byte _start;
    private readonly int _payloadBytes;

    private LinuxSll2Header(ReadOnlySpan<byte> frame)
    {
        _start = ref MemoryMarshal.GetReference(frame);
        _payloadBytes = frame.Length - Size;
    }

    /// <summary>Proves the header.</summary>
    /// <returns><see cref="ParseStatus.Ok"/> or <see cref="ParseStatus.TruncatedLink"/>.</returns>
    public static ParseStatus TryParse(ReadOnlySpan<byte> frame, out LinuxSll2Header header)
    {
        header = default;
        if (frame.Length < Size)
            return ParseStatus.TruncatedLink;
        header = new LinuxSll2Header(frame);
        return ParseStatus.Ok;
    }

    /// <summary>EtherType of the payload (for most devices; see the link above).</summary>
    public ushort Protocol => Wire.U16(in _start, 0);

    /// <summary>Index of the interface on the capturing host.</summary>
    public uint InterfaceIndex => Wire.U32(in _start, 4);

    /// <summary>ARPHRD type of the device.</summary>
    public ushort HardwareType => Wire.U16(in _start, 8);

    /// <summary>0 to us, 1 broadcast, 2 multicast, 3 to another host, 4 sent by us.</summary>
    public byte PacketType => Wire.U8(in _start, 10);

    /// <summary>Length of the sender's link address as the header claims; at most 8 bytes of it are present.</summary>
    public byte AddressLength => Wire.U8(in _start, 11);

    /// <summary>The sender's link address, cut off at 8 bytes.</summary>
    public ReadOnlySpan<byte> Address => Wire.Bytes(in _start, 12, Math.Min(AddressLength, (byte)8));

    /// <summary>Everything after the header.</summary>
    public ReadOnlySpan<byte> Payload => Wire.Bytes(in _start, Size, _payloadBytes);
}
