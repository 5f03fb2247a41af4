using System.Buffers.Binary;

namespace DatapathKernels.Packets;

/// <summary>Writes <see cref="UdpHeader"/>s.</summary>
public static class UdpWriter
{
    /// <summary>
    /// Writes the header over whatever was there. The checksum is written as zero, which IPv4 takes for "none"; finish the
    /// packet with <see cref="PacketChecksums.Write"/> where it needs one.
    /// </summary>
    /// <param name="destination">Room for <see cref="UdpHeader.Size"/> bytes.</param>
    /// <param name="sourcePort">Source port, host order.</param>
    /// <param name="destinationPort">Destination port, host order.</param>
    /// <param name="payloadBytes">Bytes that follow; more than the field can say are written as 0 (RFC 2675).</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">Too little room.</exception>
    public static int Write(Span<byte> destination, ushort sourcePort, ushort destinationPort, int payloadBytes)
    {
        Span<byte> header = destination[..UdpHeader.Size];
        int length = UdpHeader.Size + payloadBytes;
        BinaryPrimitives.WriteUInt16BigEndian(header, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(header[UdpHeader.LengthOffset..], length > ushort.MaxValue ? (ushort)0 : (ushort)length);
        BinaryPrimitives.WriteUInt16BigEndian(header[UdpHeader.ChecksumOffset..], 0);
        return UdpHeader.Size;
    }
}
