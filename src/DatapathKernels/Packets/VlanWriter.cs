using System.Buffers.Binary;

namespace DatapathKernels.Packets;

/// <summary>Writes <see cref="VlanTag"/>s.</summary>
public static class VlanWriter
{
    /// <summary>Writes the tag over whatever was there; the header before it names <see cref="VlanTag.Dot1Q"/> or <see cref="VlanTag.Dot1Ad"/>.</summary>
    /// <param name="destination">Room for <see cref="VlanTag.Size"/> bytes.</param>
    /// <param name="tci">Tag control information; see <see cref="Tci"/>.</param>
    /// <param name="etherType">What follows.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">Too little room.</exception>
    public static int Write(Span<byte> destination, ushort tci, ushort etherType)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], etherType);
        BinaryPrimitives.WriteUInt16BigEndian(destination, tci);
        return VlanTag.Size;
    }

    /// <summary>Packs tag control information: VLAN id (12 bits), priority (3 bits), drop eligible.</summary>
    public static ushort Tci(int vlanId, int priority = 0, bool dropEligible = false) =>
        (ushort)((vlanId & 0xfff) | ((priority & 7) << 13) | (dropEligible ? 0x1000 : 0));
}
