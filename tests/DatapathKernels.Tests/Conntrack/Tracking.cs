using System.Buffers.Binary;
using System.Net;
using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>Packets for the connection table, and their way through it.</summary>
internal static class Tracking
{
    public const byte Syn = 2, Rst = 4, Ack = 16, Fin = 17, SynAck = 18;

    public static TrackedPacket Track(ConntrackTable table, TestPacket packet, long nowMs)
    {
        FlowKeyV6 key = KeyOf(packet, out PacketInfo info);
        TrackedAs state = table.Track(packet.Bytes, info, key, nowMs, out int id, out bool reply);
        return new TrackedPacket(state, id, reply);
    }

    /// <summary>A packet that gets through.</summary>
    public static TrackedAs See(ConntrackTable table, TestPacket packet, long nowMs)
    {
        TrackedPacket tracked = Track(table, packet, nowMs);
        return tracked.State == TrackedAs.New && tracked.Id >= 0 && !table.Confirm(tracked.Id, nowMs) ? TrackedAs.TableFull : tracked.State;
    }

    public static FlowKeyV6 KeyOf(TestPacket packet, out PacketInfo info)
    {
        FlowParser.ParseNetwork(packet.Bytes, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out info);
        return (info.Flags & PacketFlags.Ipv4) != 0 ? ConntrackTable.KeyOf(v4) : v6;
    }

    public static ConnectionView[] All(ConntrackTable table) => [.. Enumerable.Range(0, table.Places).Select(table.View).OfType<ConnectionView>()];

    /// <summary>A TCP segment without payload, checksum not set.</summary>
    public static TestPacket Segment(string from, string to, int fromPort, int toPort, byte flags, uint sequence, uint ack)
    {
        byte[] bytes = TestPacket.Tcp(from, to, fromPort, toPort, flags).Bytes;
        int header = from.Contains(':', StringComparison.Ordinal) ? 40 : 20;
        bytes = bytes[..(header + 20)];
        SetLength(bytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(header + 4), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(header + 8), ack);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(header + 14), 60_000);
        return Mended(bytes);
    }

    /// <summary>An SCTP packet of chunks; INITs name <paramref name="initTag"/>.</summary>
    public static TestPacket Sctp(string from, string to, int fromPort, int toPort, uint tag, uint initTag, params SctpChunkType[] chunks)
    {
        byte[] packet = new byte[512];
        int length = SctpWriter.Write(packet, (ushort)fromPort, (ushort)toPort, tag);
        foreach (SctpChunkType chunk in chunks)
        {
            byte[] value = new byte[chunk is SctpChunkType.Init or SctpChunkType.InitAck ? 16 : 4];
            BinaryPrimitives.WriteUInt32BigEndian(value, initTag);
            length += SctpWriter.WriteChunk(packet.AsSpan(length), (byte)chunk, 0, value);
        }

        byte[] head = TestPacket.Sctp(from, to).Bytes;
        int header = from.Contains(':', StringComparison.Ordinal) ? 40 : 20;
        byte[] bytes = [.. head[..header], .. packet[..length]];
        SetLength(bytes);
        return Mended(bytes);
    }

    /// <summary>The same datagram with its header's checksum and its transport's right.</summary>
    public static TestPacket Mended(byte[] bytes)
    {
        if (bytes[0] >> 4 == 4)
            TestPacket.MendHeader(bytes);
        FlowParser.ParseNetwork(bytes, 0, out _, out _, out PacketInfo info);
        PacketChecksums.WriteTransport(bytes, info);
        return new TestPacket { Bytes = bytes };
    }

    /// <summary>The other side's answer: addresses and ports change places, an echo request becomes a reply. No checksum of TCP, UDP or SCTP changes by that but SCTP's.</summary>
    public static TestPacket Answer(TestPacket packet)
    {
        byte[] bytes = (byte[])packet.Bytes.Clone();
        bool v4 = bytes[0] >> 4 == 4;
        (int addresses, int length, int transport) = v4 ? (12, 4, 20) : (8, 16, 40);
        Swap(bytes, addresses, length);
        IpProtocol protocol = (IpProtocol)bytes[v4 ? 9 : 6];
        if (protocol is IpProtocol.Icmp or IpProtocol.IcmpV6)
            bytes[transport] = (byte)(v4 ? bytes[transport] ^ 8 : bytes[transport] ^ 1);
        else
            Swap(bytes, transport, 2);
        if (protocol is IpProtocol.Icmp or IpProtocol.IcmpV6 or IpProtocol.Sctp)
            return Mended(bytes);
        return new TestPacket { Bytes = bytes };
    }

    public static IPv6Address Address(string text)
    {
        byte[] bytes = new byte[16];
        IPAddress.Parse(text).MapToIPv6().TryWriteBytes(bytes, out _);
        return new IPv6Address(bytes);
    }

    private static void SetLength(byte[] bytes)
    {
        bool v4 = bytes[0] >> 4 == 4;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(v4 ? 2 : 4), (ushort)(bytes.Length - (v4 ? 0 : 40)));
    }

    private static void Swap(byte[] bytes, int offset, int length)
    {
        byte[] first = bytes[offset..(offset + length)];
        bytes.AsSpan(offset + length, length).CopyTo(bytes.AsSpan(offset));
        first.CopyTo(bytes, offset + length);
    }
}
