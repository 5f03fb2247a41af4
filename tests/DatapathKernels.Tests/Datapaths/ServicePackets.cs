using System.Net;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>Packets between clients and services.</summary>
internal static class ServicePackets
{
    /// <summary>A connection's first packet.</summary>
    public static TestPacket First(string protocol, string source, string destination, int sourcePort, int port) => protocol switch
    {
        "udp" => TestPacket.Udp(source, destination, sourcePort, port),
        "sctp" => Init(source, destination, sourcePort, port),
        _ => TestPacket.Tcp(source, destination, sourcePort, port),
    };

    /// <summary>What a server answers to a TCP or UDP packet that reached it.</summary>
    public static TestPacket Answer(Arrival asked)
    {
        (IPEndPoint client, IPEndPoint server) = (asked.From, asked.To);
        if (asked.Packet.Info.Protocol != IpProtocol.Tcp)
            return TestPacket.Udp($"{server.Address}", $"{client.Address}", server.Port, client.Port);
        TestPacket packet = TestPacket.Tcp($"{server.Address}", $"{client.Address}", server.Port, client.Port, 0x12);
        int tcp = asked.IsV4 ? 20 : 40;
        packet.Bytes[tcp + 11] = 1;
        PacketChecksums.Write(packet.Bytes, packet.Info);
        return packet;
    }

    /// <summary>A packet with an INIT chunk: nothing else opens an association.</summary>
    private static TestPacket Init(string source, string destination, int sourcePort, int port)
    {
        TestPacket packet = TestPacket.Sctp(source, destination, sourcePort, port);
        int chunk = (packet.Bytes[0] >> 4 == 4 ? 20 : 40) + 12;
        byte[] bytes = [.. packet.Bytes[..chunk], 1, 0, 0, 20, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1];
        if (bytes[0] >> 4 == 4)
            bytes[3] = (byte)bytes.Length;
        else
            bytes[5] = (byte)(bytes.Length - 40);
        TestPacket whole = new() { Bytes = bytes };
        PacketChecksums.Write(bytes, whole.Info);
        return whole;
    }
}
