using System.Buffers.Binary;
using System.Net;
using DatapathKernels.Datapaths;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Tests.Filtering;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>Where a packet ended, and what it was then.</summary>
/// <param name="Fate">The last node's word.</param>
/// <param name="Node">The last node.</param>
/// <param name="Bytes">The packet from its IP header on; empty when it was dropped.</param>
/// <param name="Way">Its way, for messages.</param>
internal sealed record Arrival(PacketFate Fate, NodeDatapath Node, byte[] Bytes, string Way)
{
    public bool IsV4 => Bytes[0] >> 4 == 4;

    public IPEndPoint From => new(new IPAddress(IsV4 ? Bytes.AsSpan(12, 4) : Bytes.AsSpan(8, 16)), Port(0));

    public IPEndPoint To => new(new IPAddress(IsV4 ? Bytes.AsSpan(16, 4) : Bytes.AsSpan(24, 16)), Port(2));

    public TestPacket Packet => new() { Bytes = Bytes };

    private int Port(int offset) => BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan((IsV4 ? 20 : 40) + offset));
}
