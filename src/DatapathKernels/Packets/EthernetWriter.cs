using System.Buffers.Binary;

namespace DatapathKernels.Packets;

/// <summary>Writes <see cref="EthernetHeader"/>s.</summary>
public static class EthernetWriter
{
    /// <summary>Writes the header over whatever was there.</summary>
    /// <param name="destination">Room for <see cref="EthernetHeader.Size"/> bytes.</param>
    /// <param name="to">Destination address.</param>
    /// <param name="from">Source address.</param>
    /// <param name="etherType">What follows.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">Too little room.</exception>
    public static int Write(Span<byte> destination, MacAddress to, MacAddress from, ushort etherType)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination[12..], etherType);
        to.CopyTo(destination);
        from.CopyTo(destination[MacAddress.Size..]);
        return EthernetHeader.Size;
    }
}
