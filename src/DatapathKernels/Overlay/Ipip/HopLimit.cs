using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>The TTL or hop limit of a packet that is above 1.</summary>
internal static class HopLimit
{
    /// <summary>Takes one off, and mends IPv4's header checksum.</summary>
    public static void Decrement(Span<byte> packet)
    {
        if (packet[0] >> 4 == 6)
        {
            packet[7]--;
            return;
        }

        packet[8]--;
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], InternetChecksum.DecrementTtl(BinaryPrimitives.ReadUInt16BigEndian(packet[10..])));
    }
}
