using System.Buffers.Binary;
using DatapathKernels.Conntrack;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>The segments of clients that open TCP connections to one server and go on: the same bytes for all clients, whose addresses and ports stand in the keys alone.</summary>
internal static class TcpConversation
{
    private const int SlotBytes = 256, Window = 60_000;

    private static readonly byte[] Syn = FrameOf(TcpFlags.Syn, 100, 0), SynAck = FrameOf(TcpFlags.Syn | TcpFlags.Ack, 500, 101), Ack = FrameOf(TcpFlags.Ack, 101, 501);

    /// <summary>What the parse finds in each of the frames.</summary>
    public static PacketInfo Info { get; } = FlowParser.TryParse(Ack, out FlowKeyV4 _, out PacketInfo info)
        ? info
        : throw new InvalidOperationException("the frame is not IPv4");

    /// <summary>The key of a client's segments.</summary>
    public static FlowKeyV6 KeyOf(uint client) => ConntrackTable.KeyOf(new FlowKeyV4(
        BinaryPrimitives.ReverseEndianness(0x0a000000 + (client >> 15)), BinaryPrimitives.ReverseEndianness(0x0a600001u),
        BinaryPrimitives.ReverseEndianness((ushort)(1024 + (client & 0x7fff))), BinaryPrimitives.ReverseEndianness((ushort)80), IpProtocol.Tcp));

    /// <summary>The client's SYN.</summary>
    public static PacketArena Syns(int count) => Frames(Syn, count);

    /// <summary>The client's acknowledgement of the server's answer, and of nothing more.</summary>
    public static PacketArena Acks(int count) => Frames(Ack, count);

    /// <summary>A client's whole handshake, in the table.</summary>
    public static void Open(ConntrackTable table, in FlowKeyV6 key)
    {
        table.Track(Syn, Info, key, 0, out int id, out _);
        table.Confirm(id, 0);
        table.Track(SynAck, Info, FlowKeyV6.Reverse(key), 0, out _, out _);
        table.Track(Ack, Info, key, 0, out _, out _);
    }

    private static PacketArena Frames(byte[] frame, int count)
    {
        PacketArena arena = new(count, SlotBytes);
        for (int i = 0; i < count; i++)
            arena.TryAdd(frame);
        return arena;
    }

    private static byte[] FrameOf(TcpFlags flags, uint sequence, uint ack)
    {
        byte[] frame = new byte[54];
        EthernetWriter.Write(frame, default, default, 0x0800);
        Ipv4Writer.Write(frame.AsSpan(14), new Ipv4Fields(0x0a000001, 0x0a000002, IpProtocol.Tcp), 20);
        TcpWriter.Write(frame.AsSpan(34), new TcpFields { SourcePort = 1, DestinationPort = 80, Sequence = sequence, Acknowledgment = ack, Flags = flags, Window = Window });
        return frame;
    }
}
