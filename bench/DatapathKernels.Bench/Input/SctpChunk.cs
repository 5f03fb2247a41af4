using System.Buffers.Binary;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Input;

/// <summary>The chunks by which an SCTP association opens, and one of data: a packet has one of them behind its common header.</summary>
internal static class SctpChunk
{
    /// <summary>The verification tag of everything sent to the one that opened the association.</summary>
    public const uint ClientTag = 0x1001;

    /// <summary>The verification tag of everything sent to the one that answered.</summary>
    public const uint ServerTag = 0x2002;

    /// <summary>The longest: an INIT ACK with its cookie.</summary>
    public const int MaxBytes = 28;

    private const int CookieBytes = 4;

    /// <summary>Bytes of a chunk, headers included.</summary>
    public static int Length(SctpChunkType type) => type switch
    {
        SctpChunkType.Init => 20,
        SctpChunkType.InitAck => MaxBytes,
        SctpChunkType.CookieEcho => 4 + CookieBytes,
        SctpChunkType.CookieAck => 4,
        _ => 20,
    };

    /// <summary>The tag that a packet with this chunk has to carry: none in the first, else its receiver's.</summary>
    public static uint TagOf(SctpChunkType type) => type switch
    {
        SctpChunkType.Init => 0,
        SctpChunkType.InitAck or SctpChunkType.CookieAck => ClientTag,
        _ => ServerTag,
    };

    /// <summary>Writes a chunk over zeros.</summary>
    public static void Write(Span<byte> chunk, SctpChunkType type)
    {
        chunk[0] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(chunk[2..], (ushort)Length(type));
        switch (type)
        {
            case SctpChunkType.Init or SctpChunkType.InitAck:
                BinaryPrimitives.WriteUInt32BigEndian(chunk[4..], type == SctpChunkType.Init ? ClientTag : ServerTag);
                BinaryPrimitives.WriteUInt32BigEndian(chunk[8..], 65_536); // the receiver's window
                BinaryPrimitives.WriteUInt16BigEndian(chunk[12..], 1); // streams out
                BinaryPrimitives.WriteUInt16BigEndian(chunk[14..], 1); // and in
                if (type == SctpChunkType.InitAck)
                    (chunk[21], chunk[23]) = (7, 4 + CookieBytes); // the parameter "state cookie"
                break;
            case SctpChunkType.Data:
                chunk[1] = 3; // a message's first and last fragment
                break;
            default:
                break;
        }
    }
}
