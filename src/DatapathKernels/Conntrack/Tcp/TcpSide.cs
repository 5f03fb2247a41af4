using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Conntrack;

/// <summary>What conntrack remembers of one side of a TCP connection (<c>struct ip_ct_tcp_state</c>). 18 bytes, so that two of them and the rest fit one cache line.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
public struct TcpSide : IEquatable<TcpSide>
{
    private const byte MaxScale = 14;

    /// <summary>The sequence number behind the last byte it sent.</summary>
    public uint End { get; set; }

    /// <summary>The sequence number behind the last byte it may send: the other side's last acknowledgment and window.</summary>
    public uint MaxEnd { get; set; }

    /// <summary>The largest window it announced, scaled; 0 when nothing of it was seen.</summary>
    public uint MaxWindow { get; set; }

    /// <summary>The highest acknowledgment it sent.</summary>
    public uint MaxAck { get; set; }

    /// <summary>Bits its windows are scaled by.</summary>
    public byte Scale { get; set; }

    /// <summary>What is known of it.</summary>
    public TcpSideFlags Flags { get; set; }

    /// <inheritdoc/>
    public readonly bool Equals(TcpSide other) =>
        End == other.End && MaxEnd == other.MaxEnd && MaxWindow == other.MaxWindow && MaxAck == other.MaxAck && Scale == other.Scale && Flags == other.Flags;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is TcpSide other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(End, MaxEnd, MaxWindow, MaxAck, Scale, Flags);

    /// <summary>True when all is the same.</summary>
    public static bool operator ==(TcpSide left, TcpSide right) => left.Equals(right);

    /// <summary>True when anything differs.</summary>
    public static bool operator !=(TcpSide left, TcpSide right) => !left.Equals(right);

    /// <summary>Begins with its SYN.</summary>
    internal void Open(ReadOnlySpan<byte> segment, uint end)
    {
        End = MaxEnd = end;
        MaxWindow = Math.Max(1u, BinaryPrimitives.ReadUInt16BigEndian(segment[14..]));
        ReadOptions(segment);
    }

    /// <summary>Begins in the middle: options are not known.</summary>
    internal void PickUp(ReadOnlySpan<byte> segment, uint end)
    {
        End = end;
        MaxWindow = Math.Max(1u, BinaryPrimitives.ReadUInt16BigEndian(segment[14..]));
        MaxEnd = end + MaxWindow;
    }

    /// <summary>The options of a SYN: they replace what was known. One without any replaces nothing, as <c>tcp_options</c> has it.</summary>
    internal void ReadOptions(ReadOnlySpan<byte> segment)
    {
        if (segment[12] >> 4 == 5)
            return;
        Scale = 0;
        Flags &= TcpSideFlags.Liberal;
        foreach (TcpOptions option in OptionsOf(segment))
        {
            if (option.Kind == TcpOptionKind.SackPermitted && option.Data.IsEmpty)
                Flags |= TcpSideFlags.SackPermitted;
            else if (option.TryGetWindowScale(out byte shift))
                (Flags, Scale) = (Flags | TcpSideFlags.WindowScale, Math.Min(shift, MaxScale));
        }
    }

    /// <summary>The highest right edge of the selective acknowledgments, or the acknowledgment itself.</summary>
    internal static uint SackOf(ReadOnlySpan<byte> segment, uint ack)
    {
        foreach (TcpOptions option in OptionsOf(segment))
        {
            for (int i = 0; i < option.SackBlockCount; i++)
            {
                if (option.TryGetSackBlock(i, out _, out uint right) && (int)(right - ack) > 0)
                    ack = right;
            }
        }

        return ack;
    }

    private static TcpOptions OptionsOf(ReadOnlySpan<byte> segment)
    {
        int header = (segment[12] >> 4) * 4;
        return new TcpOptions(header <= segment.Length ? segment[20..header] : default);
    }
}
