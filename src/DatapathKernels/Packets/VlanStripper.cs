using System.Buffers.Binary;

namespace DatapathKernels.Packets;

/// <summary>Takes the outermost VLAN tag out of a frame, as a tunnel does that carries untagged frames (RFC 7348, section 6.1) and as Linux does with every frame it receives (<c>skb_vlan_untag</c>).</summary>
public static class VlanStripper
{
    private const int AddressBytes = 12;

    /// <summary>Moves the addresses over the tag: the frame then starts <see cref="VlanTag.Size"/> bytes later. Cost: 12 bytes moved.</summary>
    /// <param name="frame">An Ethernet frame.</param>
    /// <param name="tci">The tag's control information; see <see cref="VlanWriter.Tci"/>.</param>
    /// <returns>False, and nothing changed, when the frame has no tag.</returns>
    public static bool TryStrip(Span<byte> frame, out ushort tci)
    {
        tci = 0;
        if (!IsTagged(frame))
            return false;
        tci = BinaryPrimitives.ReadUInt16BigEndian(frame[(AddressBytes + 2)..]);
        frame[..AddressBytes].CopyTo(frame[VlanTag.Size..]);
        return true;
    }

    /// <summary>True for a frame with a tag that can be taken out.</summary>
    internal static bool IsTagged(ReadOnlySpan<byte> frame) =>
        frame.Length >= AddressBytes + VlanTag.Size + 2 && BinaryPrimitives.ReadUInt16BigEndian(frame[AddressBytes..]) is VlanTag.Dot1Q or VlanTag.Dot1Ad;
}
