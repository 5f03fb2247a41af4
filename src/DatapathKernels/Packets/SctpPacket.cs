using System.Buffers.Binary;

namespace DatapathKernels.Packets;

/// <summary>
/// The chunks of an SCTP packet as <c>for_each_sctp_chunk</c> walks them: it needs a chunk's first four bytes only and believes its length, where
/// <see cref="SctpChunks"/> wants all of it.
/// </summary>
internal ref struct SctpPacket(ReadOnlySpan<byte> packet)
{
    /// <summary>Bytes of a chunk before its value.</summary>
    public const int ChunkHeadBytes = 4;

    private const int HeaderBytes = 12, InitBytes = 16;
    private const byte PeersTagFlag = 1;

    private readonly ReadOnlySpan<byte> _packet = packet;
    private int _next = HeaderBytes, _at;

    /// <summary>The packet's verification tag.</summary>
    public readonly uint Tag => BinaryPrimitives.ReadUInt32BigEndian(_packet[4..]);

    public readonly SctpChunkType Type => (SctpChunkType)_packet[_at];

    /// <summary>The T bit: the tag is the receiver's own, since the sender does not know its peer's.</summary>
    public readonly bool HasPeersTag => (_packet[_at + 1] & PeersTagFlag) != 0;

    public readonly ushort Length => BinaryPrimitives.ReadUInt16BigEndian(_packet[(_at + 2)..]);

    public bool MoveNext()
    {
        if (_packet.Length - _next < ChunkHeadBytes)
            return false;
        _at = _next;
        _next = _at + ((Length + 3) & ~3);
        return true;
    }

    /// <summary>The tag that an INIT or INIT ACK asks for; false when its fixed part is cut.</summary>
    public readonly bool TryInitTag(out uint tag)
    {
        bool whole = _packet.Length - _at >= ChunkHeadBytes + InitBytes;
        tag = whole ? BinaryPrimitives.ReadUInt32BigEndian(_packet[(_at + ChunkHeadBytes)..]) : 0;
        return whole;
    }

    /// <summary>
    /// The types of all chunks, a bit each. False for a packet without any, one with a chunk of length 0, and one in which a chunk that has to be alone (INIT, INIT
    /// ACK, SHUTDOWN COMPLETE) or first (COOKIE ECHO, COOKIE ACK) is not.
    /// </summary>
    public static bool TryTypes(ReadOnlySpan<byte> packet, out ulong types)
    {
        types = 0;
        if (packet.Length < HeaderBytes)
            return false;
        SctpPacket chunks = new(packet);
        bool first = true, alone = false;
        for (; chunks.MoveNext(); first = false)
        {
            SctpChunkType type = chunks.Type;
            alone |= type is SctpChunkType.Init or SctpChunkType.InitAck or SctpChunkType.ShutdownComplete;
            bool leads = alone || type is SctpChunkType.CookieAck or SctpChunkType.CookieEcho;
            if ((leads && !first) || chunks.Length == 0)
                return false;
            types |= (int)type < 64 ? Bit(type) : 0;
        }

        return !first;
    }

    public static ulong Bit(SctpChunkType type) => 1ul << (int)type;
}
