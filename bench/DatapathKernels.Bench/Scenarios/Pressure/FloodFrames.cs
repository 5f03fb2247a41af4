using System.Buffers.Binary;
using DatapathKernels.Conntrack;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Scenarios.Pressure;

/// <summary>The four segments of a TCP connection's beginning, and the keys of its connections. The table reads addresses from the key, all else from the segment.</summary>
internal sealed class FloodFrames
{
    private readonly PacketInfo _info;

    /// <summary>Writes the segments.</summary>
    public FloodFrames()
    {
        Syn = Frame(TcpFlags.Syn, 100, 0);
        SynAck = Frame(TcpFlags.Syn | TcpFlags.Ack, 500, 101);
        Ack = Frame(TcpFlags.Ack, 101, 501);
        if (!FlowParser.TryParse(Syn, out FlowKeyV4 _, out _info))
            throw new InvalidOperationException("the frame is not IPv4");
    }

    /// <summary>The first segment.</summary>
    public byte[] Syn { get; }

    /// <summary>The server's answer.</summary>
    public byte[] SynAck { get; }

    /// <summary>The client's next, and every later one.</summary>
    public byte[] Ack { get; }

    /// <summary>What the parser found in each of them.</summary>
    public ref readonly PacketInfo Info => ref _info;

    /// <summary>The key of a connection from a network to port 80 of one server.</summary>
    /// <param name="network">The client's network: the highest byte of its address.</param>
    /// <param name="number">Of the connection in that network, below 2^39.</param>
    public static FlowKeyV6 KeyOf(byte network, uint number) => ConntrackTable.KeyOf(new FlowKeyV4(
        BinaryPrimitives.ReverseEndianness(((uint)network << 24) + (number >> 15)), BinaryPrimitives.ReverseEndianness(0x0a600001u),
        BinaryPrimitives.ReverseEndianness((ushort)(1024 + (number & 0x7fff))), BinaryPrimitives.ReverseEndianness((ushort)80), IpProtocol.Tcp));

    private static byte[] Frame(TcpFlags flags, uint sequence, uint ack)
    {
        byte[] frame = new byte[54];
        EthernetWriter.Write(frame, default, default, 0x0800);
        Ipv4Writer.Write(frame.AsSpan(14), new Ipv4Fields(0x0a000001, 0x0a000002, IpProtocol.Tcp), 20);
        TcpWriter.Write(frame.AsSpan(34), new TcpFields { SourcePort = 1, DestinationPort = 80, Sequence = sequence, Acknowledgment = ack, Flags = flags, Window = 60_000 });
        return frame;
    }
}
