using System.Net;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Scenarios.Dns;

/// <summary>Writes the frames of DNS over IPv4, with every checksum.</summary>
internal static class DnsFrames
{
    /// <summary>A datagram.</summary>
    public static byte[] Udp(IPEndPoint from, IPEndPoint to, ReadOnlySpan<byte> message)
    {
        byte[] frame = Packet(from, to, IpProtocol.Udp, UdpHeader.Size + message.Length, out int transport);
        UdpWriter.Write(frame.AsSpan(transport), (ushort)from.Port, (ushort)to.Port, message.Length);
        message.CopyTo(frame.AsSpan(transport + UdpHeader.Size));
        return Finish(frame);
    }

    /// <summary>A segment.</summary>
    public static byte[] Tcp(IPEndPoint from, IPEndPoint to, TcpFlags flags, uint sequence, uint acknowledged, ReadOnlySpan<byte> data)
    {
        byte[] frame = Packet(from, to, IpProtocol.Tcp, TcpHeader.MinSize + data.Length, out int transport);
        TcpWriter.Write(frame.AsSpan(transport), new TcpFields((ushort)from.Port, (ushort)to.Port, flags, sequence, acknowledged, 64_240));
        data.CopyTo(frame.AsSpan(transport + TcpHeader.MinSize));
        return Finish(frame);
    }

    /// <summary>Both ends of a UDP or TCP packet, as it stands in a frame, and what it carries.</summary>
    public static (IPEndPoint From, IPEndPoint To, byte[] Data) Read(ReadOnlySpan<byte> frame)
    {
        FlowParser.Parse(frame, out FlowKeyV4 key, out _, out PacketInfo info);
        int data = info.L4Offset + (info.Protocol == IpProtocol.Tcp ? TcpHeader.MinSize : UdpHeader.Size);
        return (new IPEndPoint(key.SourceBe, key.SourcePort), new IPEndPoint(key.DestinationBe, key.DestinationPort), frame[data..(info.L3Offset + (int)info.L3Length)].ToArray());
    }

    private static byte[] Packet(IPEndPoint from, IPEndPoint to, IpProtocol protocol, int bytes, out int transport)
    {
        byte[] frame = new byte[EthernetHeader.Size + Ipv4Header.MinSize + bytes];
        EthernetWriter.Write(frame, default, default, Ipv4Header.EtherType);
        Ipv4Fields fields = new(Word(from.Address), Word(to.Address), protocol, DontFragment: true);
        transport = EthernetHeader.Size + Ipv4Writer.Write(frame.AsSpan(EthernetHeader.Size), fields, bytes);
        return frame;
    }

    private static byte[] Finish(byte[] frame)
    {
        FlowParser.Parse(frame, out _, out _, out PacketInfo info);
        PacketChecksums.Write(frame, info);
        return frame;
    }

    private static uint Word(IPAddress address) => System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());
}
