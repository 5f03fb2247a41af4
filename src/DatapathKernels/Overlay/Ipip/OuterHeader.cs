using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Overlay;

/// <summary>What depends on the packet in an outer IP header that is otherwise written already.</summary>
internal static class OuterHeader
{
    public const int MostBytes = ushort.MaxValue;

    /// <summary>Finishes the IPv4 header of a whole outer packet, whose sum with zeros where this writes is known.</summary>
    public static void FinishV4(Span<byte> network, uint partialSum, byte tos, byte ttl, ushort id, ushort fragment)
    {
        network[1] = tos;
        BinaryPrimitives.WriteUInt16BigEndian(network[2..], (ushort)network.Length);
        BinaryPrimitives.WriteUInt16BigEndian(network[4..], id);
        BinaryPrimitives.WriteUInt16BigEndian(network[6..], fragment);
        network[8] = ttl;
        uint sum = partialSum + tos + (uint)network.Length + id + fragment + ((uint)ttl << 8);
        BinaryPrimitives.WriteUInt16BigEndian(network[10..], InternetChecksum.Finish(InternetChecksum.Add(sum, 0)));
    }

    /// <summary>Finishes the IPv6 header of a whole outer packet.</summary>
    public static void FinishV6(Span<byte> network, byte tos, byte ttl)
    {
        ushort first = BinaryPrimitives.ReadUInt16BigEndian(network);
        BinaryPrimitives.WriteUInt16BigEndian(network, (ushort)((first & 0xf00f) | (tos << 4)));
        BinaryPrimitives.WriteUInt16BigEndian(network[4..], (ushort)(network.Length - Ipv6Header.Size));
        network[7] = ttl;
    }

    /// <summary>The version of an IP packet whose fixed header is there; 0 of anything else.</summary>
    public static int VersionOf(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < Ipv4Header.MinSize)
            return 0;
        int version = packet[0] >> 4;
        return version == 4 || (version == 6 && packet.Length >= Ipv6Header.Size) ? version : 0;
    }
}
