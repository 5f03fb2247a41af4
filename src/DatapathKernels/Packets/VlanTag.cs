using System.Runtime.InteropServices;

namespace DatapathKernels.Packets;

/// <summary>
/// The part of a VLAN tag that follows its type (IEEE 802.1Q clause 9), 4 bytes:
/// <code>
///  0                   2           4
///  | PCP:3 DEI:1 VID:12 | next type | payload ...
/// </code>
/// The type before it (<see cref="Dot1Q"/> or <see cref="Dot1Ad"/>) belongs to the header that precedes.
/// </summary>
public readonly ref struct VlanTag
{
    /// <summary>Tag length after its type, bytes.</summary>
    public const int Size = 4;

    /// <summary>EtherType of an 802.1Q tag.</summary>
    public const ushort Dot1Q = 0x8100;

    /// <summary>EtherType of an 802.1ad service tag (QinQ).</summary>
    public const ushort Dot1Ad = 0x88a8;

    /// <summary>
    /// Tags passed over at most in one frame. Linux untags one per device stacked on another; nobody stacks more than
    /// eight, and a limit keeps the cost of a hostile frame bounded.
    /// </summary>
    public const int MaxDepth = 8;

    private readonly ref readonly byte _start;
    private readonly int _payloadBytes;

    private VlanTag(ReadOnlySpan<byte> bytes)
    {
        _start = ref MemoryMarshal.GetReference(bytes);
        _payloadBytes = bytes.Length - Size;
    }

    /// <summary>Proves the tag; <paramref name="bytes"/> start after the type that announced it.</summary>
    /// <returns><see cref="ParseStatus.Ok"/> or <see cref="ParseStatus.TruncatedVlan"/>.</returns>
    public static ParseStatus TryParse(ReadOnlySpan<byte> bytes, out VlanTag tag)
    {
        tag = default;
        if (bytes.Length < Size)
            return ParseStatus.TruncatedVlan;
        tag = new VlanTag(bytes);
        return ParseStatus.Ok;
    }

    /// <summary>True when <paramref name="etherType"/> announces a tag.</summary>
    public static bool IsTag(ushort etherType) => etherType is Dot1Q or Dot1Ad;

    /// <summary>Tag control information: priority, DEI and VLAN id together.</summary>
    public ushort Tci => Wire.U16(in _start, 0);

    /// <summary>Priority code point, 0 to 7.</summary>
    public byte Priority => (byte)(Tci >> 13);

    /// <summary>Drop eligible indicator.</summary>
    public bool DropEligible => (Tci & 0x1000) != 0;

    /// <summary>VLAN id, 0 to 4095; 0 is a priority tag.</summary>
    public ushort VlanId => (ushort)(Tci & 0x0fff);

    /// <summary>EtherType of what follows.</summary>
    public ushort EtherType => Wire.U16(in _start, 2);

    /// <summary>Everything after the tag.</summary>
    public ReadOnlySpan<byte> Payload => Wire.Bytes(in _start, Size, _payloadBytes);
}
