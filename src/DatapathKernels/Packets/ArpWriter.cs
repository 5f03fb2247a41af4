using System.Buffers.Binary;

namespace DatapathKernels.Packets;

/// <summary>Writes <see cref="ArpHeader"/>s.</summary>
public static class ArpWriter
{
    /// <summary>Writes a packet for IPv4 over Ethernet over whatever was there.</summary>
    /// <param name="destination">Room for <see cref="ArpHeader.Size"/> bytes.</param>
    /// <param name="operation"><see cref="ArpHeader.Request"/>, <see cref="ArpHeader.Reply"/> or another.</param>
    /// <param name="senderMac">Hardware address of the sender.</param>
    /// <param name="senderAddress">IPv4 address of the sender, host order.</param>
    /// <param name="targetMac">Hardware address of the target; zero in a request.</param>
    /// <param name="targetAddress">IPv4 address of the target, host order.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">Too little room.</exception>
    public static int Write(
        Span<byte> destination, ushort operation, MacAddress senderMac, uint senderAddress, MacAddress targetMac, uint targetAddress)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination[24..], targetAddress);
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)(ArpHeader.EthernetIpv4 >> 16));
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], unchecked((ushort)ArpHeader.EthernetIpv4));
        BinaryPrimitives.WriteUInt16BigEndian(destination[6..], operation);
        senderMac.CopyTo(destination[8..]);
        BinaryPrimitives.WriteUInt32BigEndian(destination[14..], senderAddress);
        targetMac.CopyTo(destination[18..]);
        return ArpHeader.Size;
    }
}
