using System.Buffers.Binary;

namespace DatapathKernels.Packets;

/// <summary>
/// Walks TCP options (RFC 9293 section 3.1): kind and data of each, padding left out. Stops at the end-of-list option, at the
/// end, or before the first malformed option, which <see cref="Status"/> then reports; <c>foreach</c> works on a copy, so loop
/// with <see cref="MoveNext"/> where that matters.
/// </summary>
/// <remarks>
/// The typed readers of the current option return false when it is of another kind or of a wrong length; Linux ignores such
/// an option and goes on (tcp_parse_options of net/ipv4/tcp_input.c).
/// </remarks>
public ref struct TcpOptions
{
    private const int SackBlockBytes = 8;

    private ReadOnlySpan<byte> _rest;

    internal TcpOptions(ReadOnlySpan<byte> options) => _rest = options;

    /// <summary>Kind of the current option.</summary>
    public TcpOptionKind Kind { get; private set; }

    /// <summary>Bytes of the current option after kind and length.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    /// <summary>Whether the walk met a malformed option.</summary>
    public OptionStatus Status { get; private set; }

    /// <summary>The option the enumerator stands on.</summary>
    public readonly TcpOptions Current => this;

    /// <summary>The number of SACK blocks in the current option; 0 when it is of another kind.</summary>
    public readonly int SackBlockCount => Kind == TcpOptionKind.Sack ? Data.Length / SackBlockBytes : 0;

    /// <summary>The enumerator itself.</summary>
    public readonly TcpOptions GetEnumerator() => this;

    /// <summary>Goes to the next option; false at the end or before a malformed one.</summary>
    public bool MoveNext()
    {
        OptionWalk walk = OptionWalk.Next(_rest, (byte)TcpOptionKind.EndOfList, (byte)TcpOptionKind.NoOperation);
        _rest = walk.Rest;
        Kind = (TcpOptionKind)walk.Kind;
        Data = walk.Data;
        Status = walk.Status;
        return walk.Found;
    }

    /// <summary>Reads a maximum segment size, bytes.</summary>
    public readonly bool TryGetMaximumSegmentSize(out ushort bytes)
    {
        bool is16 = Kind == TcpOptionKind.MaximumSegmentSize && Data.Length == 2;
        bytes = is16 ? BinaryPrimitives.ReadUInt16BigEndian(Data) : (ushort)0;
        return is16;
    }

    /// <summary>Reads a window scale: the shift count as it stands (receivers take more than 14 as 14).</summary>
    public readonly bool TryGetWindowScale(out byte shift)
    {
        bool is8 = Kind == TcpOptionKind.WindowScale && Data.Length == 1;
        shift = is8 ? Data[0] : (byte)0;
        return is8;
    }

    /// <summary>Reads timestamps: the sender's value and the echoed one.</summary>
    public readonly bool TryGetTimestamps(out uint value, out uint echo)
    {
        bool isPair = Kind == TcpOptionKind.Timestamps && Data.Length == 8;
        value = isPair ? BinaryPrimitives.ReadUInt32BigEndian(Data) : 0;
        echo = isPair ? BinaryPrimitives.ReadUInt32BigEndian(Data[4..]) : 0;
        return isPair;
    }

    /// <summary>Reads one SACK block: the first sequence number it holds and the one after its last.</summary>
    public readonly bool TryGetSackBlock(int index, out uint left, out uint right)
    {
        bool isThere = (uint)index < (uint)SackBlockCount;
        ReadOnlySpan<byte> block = isThere ? Data[(index * SackBlockBytes)..] : default;
        left = isThere ? BinaryPrimitives.ReadUInt32BigEndian(block) : 0;
        right = isThere ? BinaryPrimitives.ReadUInt32BigEndian(block[4..]) : 0;
        return isThere;
    }
}
