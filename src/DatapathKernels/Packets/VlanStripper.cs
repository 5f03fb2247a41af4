using System.Buffers.Binary;

namespace DatapathKernels.Packets;

/// <summary>Takes the outermost VLAN tag out of a frame, as a tunnel does that carries untagged frames (RFC 7348, section 6.1) and as Linux does with every frame it receives (<c>skb_vlan_untag</c>).</summary>
public static class VlanStripper
{
    /// <summary>Moves the addresses over the tag: the frame then starts <see cref="VlanTag.Size"/> bytes later. Cost: 12 bytes moved.</summary>
    /// <param name="frame">An Ethernet frame.</param>
    /// <param name="tci">The tag's control information; see <see cref="VlanWriter.Tci"/>.</param>
    /// <returns>False, and nothing changed, when the frame has no tag.</returns>
    public static bool TryStrip(Span<byte> frame, out ushort tci)
    {
        const int addresses = 12;
        tci = 0;
        if (frame.Length < addresses + VlanTag.Size + 2 || BinaryPrimitives.ReadUInt16BigEndian(frame[addresses..]) is not (VlanTag.Dot1Q or VlanTag.Dot1Ad))
            return false;
        tci = BinaryPrimitives.ReadUInt16BigEndian(frame[(addresses + 2)..]);
        frame[..addresses].CopyTo(frame[VlanTag.Size..]);
        return true;
    }
}
