using System.Buffers.Binary;
using DatapathKernels.Conntrack;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>The first packet of a connection over Ethernet: a TCP SYN, an empty UDP packet or an SCTP INIT, checksums right.</summary>
internal static class FirstPacket
{
    /// <summary>The longest of them: Ethernet, IPv6, and SCTP with its longest chunk.</summary>
    public const int MaxBytes = 14 + 40 + SctpHeaderBytes + SctpChunk.MaxBytes;

    private const int SctpHeaderBytes = 12;

    /// <summary>Writes the packet and returns its length. Addresses are numbers as <see cref="IpNetwork"/> holds them.</summary>
    /// <param name="frame">At least <see cref="MaxBytes"/>.</param>
    /// <param name="family">Of the addresses.</param>
    /// <param name="source">Who opens the connection.</param>
    /// <param name="destination">To whom.</param>
    /// <param name="sourcePort">Host order.</param>
    /// <param name="destinationPort">Host order.</param>
    /// <param name="protocol">TCP, UDP or SCTP; any other is written as UDP is.</param>
    /// <param name="chunk">Of SCTP: another packet than the first is one with another chunk.</param>
    public static int Write(
        Span<byte> frame, IpFamily family, UInt128 source, UInt128 destination, ushort sourcePort, ushort destinationPort, IpProtocol protocol, SctpChunkType chunk = SctpChunkType.Init)
    {
        int transport = protocol switch { IpProtocol.Tcp => 20, IpProtocol.Sctp => SctpHeaderBytes + SctpChunk.Length(chunk), _ => 8 };
        int network = family == IpFamily.V4 ? 20 : 40;
        frame = frame[..(14 + network + transport)];
        frame.Clear();
        // Locally administered addresses: they belong to nobody.
        frame[0] = frame[6] = 2;
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], (ushort)(family == IpFamily.V4 ? 0x0800 : 0x86DD));
        if (family == IpFamily.V4)
            WriteIPv4(frame[14..], (uint)source, (uint)destination, protocol);
        else
            WriteIPv6(frame[14..], source, destination, protocol);
        WriteTransport(frame[(14 + network)..], sourcePort, destinationPort, protocol, chunk);
        FlowParser.Parse(frame, LinkType.Ethernet, 0, out _, out _, out PacketInfo info);
        PacketChecksums.Write(frame, info);
        return frame.Length;
    }

    private static void WriteIPv4(Span<byte> packet, uint source, uint destination, IpProtocol protocol)
    {
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
        packet[8] = 64;
        packet[9] = (byte)protocol;
        BinaryPrimitives.WriteUInt32BigEndian(packet[12..], source);
        BinaryPrimitives.WriteUInt32BigEndian(packet[16..], destination);
    }

    private static void WriteIPv6(Span<byte> packet, UInt128 source, UInt128 destination, IpProtocol protocol)
    {
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)(packet.Length - 40));
        packet[6] = (byte)protocol;
        packet[7] = 64;
        BinaryPrimitives.WriteUInt128BigEndian(packet[8..], source);
        BinaryPrimitives.WriteUInt128BigEndian(packet[24..], destination);
    }

    private static void WriteTransport(Span<byte> segment, ushort sourcePort, ushort destinationPort, IpProtocol protocol, SctpChunkType chunk)
    {
        BinaryPrimitives.WriteUInt16BigEndian(segment, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(segment[2..], destinationPort);
        if (protocol == IpProtocol.Tcp)
            (segment[12], segment[13], segment[14]) = (0x50, 0x02, 0xFF);
        else if (protocol == IpProtocol.Sctp)
            WriteSctp(segment, chunk);
        else
            BinaryPrimitives.WriteUInt16BigEndian(segment[4..], (ushort)segment.Length);
    }

    private static void WriteSctp(Span<byte> segment, SctpChunkType chunk)
    {
        BinaryPrimitives.WriteUInt32BigEndian(segment[4..], SctpChunk.TagOf(chunk));
        SctpChunk.Write(segment[SctpHeaderBytes..], chunk);
    }
}
