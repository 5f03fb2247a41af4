using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Filtering;

/// <summary>What conntrack remembers of one direction of a TCP connection.</summary>
internal struct TcpWindow
{
    /// <summary>End of what it sent, end of what it may send, its largest window (0: nothing seen), its highest acknowledgment.</summary>
    public uint End, MaxEnd, MaxWindow, MaxAck;

    public byte Scale;
    public bool HasMaxAck, OffersScale, OffersSack, IsLiberal;

    /// <summary>From a SYN.</summary>
    public void Open(ReadOnlySpan<byte> segment, uint end)
    {
        End = MaxEnd = end;
        MaxWindow = Math.Max(1u, BinaryPrimitives.ReadUInt16BigEndian(segment[14..]));
        (Scale, OffersScale, OffersSack) = (0, false, false);
        foreach (TcpOptions option in Options(segment))
        {
            OffersSack |= option.Kind == TcpOptionKind.SackPermitted;
            if (option.TryGetWindowScale(out byte shift))
                (Scale, OffersScale) = (Math.Min(shift, (byte)14), true);
        }
    }

    /// <summary>From a packet in the middle of a connection whose start nobody saw: nothing it does is invalid.</summary>
    public void PickUp(ReadOnlySpan<byte> segment, uint end)
    {
        End = end;
        MaxWindow = Math.Max(1u, BinaryPrimitives.ReadUInt16BigEndian(segment[14..]));
        MaxEnd = end + MaxWindow;
        OffersSack = IsLiberal = true;
    }

    /// <summary>The highest right edge of the selective acknowledgments, or the acknowledgment itself.</summary>
    public static uint SackOf(ReadOnlySpan<byte> segment, uint ack)
    {
        foreach (TcpOptions option in Options(segment))
        {
            for (int i = 0; i < option.SackBlockCount; i++)
            {
                if (option.TryGetSackBlock(i, out _, out uint right) && (int)(right - ack) > 0)
                    ack = right;
            }
        }

        return ack;
    }

    private static TcpOptions Options(ReadOnlySpan<byte> segment)
    {
        int header = (segment[12] >> 4) * 4;
        return new TcpOptions(header <= segment.Length ? segment[20..header] : default);
    }
}
