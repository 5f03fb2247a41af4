using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Filtering;

/// <summary>A packet of a classifier's trace.</summary>
public readonly record struct FiveTuplePacket(uint Source, uint Destination, ushort SourcePort, ushort DestinationPort, int Protocol)
{
    public bool HasPorts => (IpProtocol)Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;

    /// <summary>An IPv4 packet of it; ICMP is an echo request, protocols without ports carry zeros.</summary>
    public byte[] ToBytes(out PacketInfo info)
    {
        byte[] bytes = new byte[40];
        Ipv4Writer.Write(bytes, new Ipv4Fields(Source, Destination, (IpProtocol)Protocol), 20);
        Span<byte> transport = bytes.AsSpan(20);
        if (HasPorts)
        {
            BinaryPrimitives.WriteUInt16BigEndian(transport, SourcePort);
            BinaryPrimitives.WriteUInt16BigEndian(transport[2..], DestinationPort);
        }

        if (Protocol == (int)IpProtocol.Tcp)
            transport[12] = 0x50;
        else if (Protocol == (int)IpProtocol.Udp)
            transport[5] = 20;
        else if (Protocol == (int)IpProtocol.Icmp)
            transport[0] = 8;
        FlowParser.ParseNetwork(bytes, 0, out _, out _, out info);
        return bytes;
    }
}
