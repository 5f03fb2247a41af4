using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>The numbers of a TCP header that tracking reads, host order.</summary>
internal readonly ref struct TcpHead(ReadOnlySpan<byte> segment)
{
    public readonly uint Sequence = BinaryPrimitives.ReadUInt32BigEndian(segment[4..]);
    public readonly uint Ack = BinaryPrimitives.ReadUInt32BigEndian(segment[8..]);
    public readonly ushort Window = BinaryPrimitives.ReadUInt16BigEndian(segment[14..]);
    public readonly TcpFlags Flags = (TcpFlags)segment[13];
    public readonly TcpSegmentKind Kind = TcpTransitions.KindOf((TcpFlags)segment[13]);

    /// <summary>The sequence number behind the segment.</summary>
    public readonly uint End = TcpTracker.EndOf(segment, (TcpFlags)segment[13]);

    public bool Has(TcpFlags flag) => (Flags & flag) != 0;
}
