using System.Buffers.Binary;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Packets;

/// <summary>Writes TCP options one after another into space the caller owns; the counterpart of <see cref="TcpOptions"/>.</summary>
/// <param name="space">Room for the options; 40 bytes hold any header's.</param>
public ref struct TcpOptionsWriter(Span<byte> space)
{
    private const int HeadBytes = 2;

    private readonly Span<byte> _space = space;
    private int _used;

    /// <summary>What was written so far.</summary>
    public readonly ReadOnlySpan<byte> Written => _space[.._used];

    /// <summary>Maximum segment size, bytes.</summary>
    public void MaximumSegmentSize(ushort bytes) =>
        BinaryPrimitives.WriteUInt16BigEndian(Append(TcpOptionKind.MaximumSegmentSize, 2), bytes);

    /// <summary>Window scale: the shift count.</summary>
    public void WindowScale(byte shift) => Append(TcpOptionKind.WindowScale, 1)[0] = shift;

    /// <summary>SACK permitted.</summary>
    public void SackPermitted() => Append(TcpOptionKind.SackPermitted, 0);

    /// <summary>Timestamps: the sender's value and the echoed one.</summary>
    public void Timestamps(uint value, uint echo)
    {
        Span<byte> data = Append(TcpOptionKind.Timestamps, 8);
        BinaryPrimitives.WriteUInt32BigEndian(data, value);
        BinaryPrimitives.WriteUInt32BigEndian(data[4..], echo);
    }

    /// <summary>SACK blocks: pairs of the first sequence number held and the one after the last.</summary>
    /// <exception cref="ArgumentException">An odd number of edges, or too little room.</exception>
    public void Sack(params ReadOnlySpan<uint> edges)
    {
        if (edges.Length % 2 != 0)
            Throw.Argument(nameof(edges), "every block has a left and a right edge");
        Span<byte> data = Append(TcpOptionKind.Sack, edges.Length * 4);
        for (int i = 0; i < edges.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(data[(i * 4)..], edges[i]);
    }

    /// <summary>Any other option with its data.</summary>
    public void Other(TcpOptionKind kind, ReadOnlySpan<byte> data) => data.CopyTo(Append(kind, data.Length));

    /// <summary>One byte of padding.</summary>
    public void NoOperation() => _space[_used++] = (byte)TcpOptionKind.NoOperation;

    private Span<byte> Append(TcpOptionKind kind, int dataBytes)
    {
        int bytes = HeadBytes + dataBytes;
        if (bytes > _space.Length - _used)
            Throw.Argument(nameof(kind), $"{kind} takes {bytes} bytes; {_space.Length - _used} are left");
        Span<byte> option = _space.Slice(_used, bytes);
        option[0] = (byte)kind;
        option[1] = (byte)bytes;
        _used += bytes;
        return option[HeadBytes..];
    }
}
