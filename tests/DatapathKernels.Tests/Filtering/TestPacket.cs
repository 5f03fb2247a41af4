using System.Buffers.Binary;
using System.Net;
using DatapathKernels.Packets;

namespace DatapathKernels.Tests.Filtering;

/// <summary>A datagram without link header, its checksums right, and what the parser finds in it.</summary>
public sealed class TestPacket
{
    public required byte[] Bytes { get; init; }

    public PacketInfo Info
    {
        get
        {
            FlowParser.ParseNetwork(Bytes, 0, out _, out _, out PacketInfo info);
            return info;
        }
    }

    public string Destination
    {
        get
        {
            bool v4 = Bytes[0] >> 4 == 4;
            IPAddress address = new(v4 ? Bytes.AsSpan(16, 4) : Bytes.AsSpan(24, 16));
            int port = BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan((v4 ? 20 : 40) + 2));
            return v4 ? $"{address}:{port}" : $"[{address}]:{port}";
        }
    }

    public static TestPacket Tcp(string source, string destination, int sourcePort = 40000, int destinationPort = 80, byte flags = 2) =>
        Make(source, destination, IpProtocol.Tcp, Tcp(sourcePort, destinationPort, flags));

    public static TestPacket Udp(string source, string destination, int sourcePort = 40000, int destinationPort = 53, bool checksum = true) =>
        Make(source, destination, IpProtocol.Udp, Ports(sourcePort, destinationPort, 8, udpLength: true), checksum);

    public static TestPacket Sctp(string source, string destination, int sourcePort = 40000, int destinationPort = 80) =>
        Make(source, destination, IpProtocol.Sctp, Ports(sourcePort, destinationPort, 16, udpLength: false));

    public static TestPacket Icmp(string source, string destination, byte type, byte code = 0)
    {
        byte[] message = [type, code, 0, 0, 0x12, 0x34, 0, 1];
        return Make(source, destination, source.Contains(':') ? IpProtocol.IcmpV6 : IpProtocol.Icmp, message);
    }

    public static TestPacket OfProtocol(string protocol, string source, string destination, int destinationPort) => protocol switch
    {
        "udp" => Udp(source, destination, destinationPort: destinationPort),
        "sctp" => Sctp(source, destination, destinationPort: destinationPort),
        _ => Tcp(source, destination, destinationPort: destinationPort),
    };

    /// <summary>The same datagram as a fragment other than the first.</summary>
    public TestPacket AsLaterFragment()
    {
        byte[] bytes = (byte[])Bytes.Clone();
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), 2);
        MendHeader(bytes);
        return new TestPacket { Bytes = bytes };
    }

    public TestPacket Copy() => new() { Bytes = (byte[])Bytes.Clone() };

    /// <summary>True when header and transport checksums are right.</summary>
    public bool ChecksumsAreRight()
    {
        bool v4 = Bytes[0] >> 4 == 4;
        if (v4 && !InternetChecksum.IsValid(Bytes.AsSpan(0, 20)))
            return false;
        ReadOnlySpan<byte> segment = Bytes.AsSpan(v4 ? 20 : 40);
        IpProtocol protocol = (IpProtocol)Bytes[v4 ? 9 : 6];
        return protocol == IpProtocol.Icmp ? InternetChecksum.IsValid(segment) : InternetChecksum.VerifyTransport(Pseudo(Bytes, protocol, segment.Length), segment);
    }

    private static byte[] Ports(int source, int destination, int length, bool udpLength)
    {
        byte[] bytes = new byte[length + 4];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)source);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)destination);
        if (udpLength)
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)bytes.Length);
        return bytes;
    }

    private static byte[] Tcp(int source, int destination, byte flags)
    {
        byte[] bytes = Ports(source, destination, 20, udpLength: false);
        bytes[12] = 5 << 4;
        bytes[13] = flags;
        return bytes;
    }

    private static TestPacket Make(string source, string destination, IpProtocol protocol, byte[] segment, bool checksum = true)
    {
        IPAddress from = IPAddress.Parse(source), to = IPAddress.Parse(destination);
        bool v4 = from.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        int header = v4 ? 20 : 40;
        byte[] bytes = new byte[header + segment.Length];
        segment.CopyTo(bytes, header);
        if (v4)
        {
            bytes[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)bytes.Length);
            bytes[8] = 64;
            bytes[9] = (byte)protocol;
        }
        else
        {
            bytes[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)segment.Length);
            bytes[6] = (byte)protocol;
            bytes[7] = 64;
        }

        from.TryWriteBytes(bytes.AsSpan(v4 ? 12 : 8), out _);
        to.TryWriteBytes(bytes.AsSpan(v4 ? 16 : 24), out _);
        if (v4)
            MendHeader(bytes);
        int field = InternetChecksum.TransportField(protocol);
        if (field >= 0 && checksum)
        {
            ushort sum = protocol == IpProtocol.Icmp
                ? InternetChecksum.Compute(bytes.AsSpan(header))
                : InternetChecksum.ComputeTransport(Pseudo(bytes, protocol, segment.Length), bytes.AsSpan(header), protocol);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(header + field), sum);
        }

        return new TestPacket { Bytes = bytes };
    }

    /// <summary>Writes the checksum of an IPv4 header without options.</summary>
    public static void MendHeader(byte[] bytes)
    {
        bytes.AsSpan(10, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(10), InternetChecksum.Compute(bytes.AsSpan(0, 20)));
    }

    private static uint Pseudo(byte[] bytes, IpProtocol protocol, int length) => bytes[0] >> 4 == 4
        ? InternetChecksum.PseudoHeaderV4(BitConverter.ToUInt32(bytes, 12), BitConverter.ToUInt32(bytes, 16), protocol, (uint)length)
        : InternetChecksum.PseudoHeaderV6(new IPv6Address(bytes.AsSpan(8, 16)), new IPv6Address(bytes.AsSpan(24, 16)), protocol, (uint)length);
}
