using System.Buffers.Binary;

namespace DatapathKernels.Packets;

/// <summary>Writes <see cref="SctpHeader"/>s and their chunks.</summary>
public static class SctpWriter
{
    private const int ChunkHeadBytes = 4;

    /// <summary>
    /// Writes the common header over whatever was there, its checksum as zero: finish the packet with
    /// <see cref="SctpChecksum.Write"/>.
    /// </summary>
    /// <param name="destination">Room for <see cref="SctpHeader.Size"/> bytes.</param>
    /// <param name="sourcePort">Source port, host order.</param>
    /// <param name="destinationPort">Destination port, host order.</param>
    /// <param name="verificationTag">Verification tag.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">Too little room.</exception>
    public static int Write(Span<byte> destination, ushort sourcePort, ushort destinationPort, uint verificationTag)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination[SctpHeader.ChecksumOffset..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(destination, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], destinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], verificationTag);
        return SctpHeader.Size;
    }

    /// <summary>Writes one chunk, padded with zeros to a multiple of 4 bytes.</summary>
    /// <param name="destination">Room for the chunk.</param>
    /// <param name="type">Its type.</param>
    /// <param name="flags">Its flags.</param>
    /// <param name="value">Everything after its head.</param>
    /// <returns>The bytes written, padding included.</returns>
    /// <exception cref="ArgumentException">Too little room.</exception>
    public static int WriteChunk(Span<byte> destination, byte type, byte flags, ReadOnlySpan<byte> value)
    {
        int length = ChunkHeadBytes + value.Length;
        Span<byte> chunk = destination[..((length + 3) & ~3)];
        chunk.Clear();
        chunk[0] = type;
        chunk[1] = flags;
        BinaryPrimitives.WriteUInt16BigEndian(chunk[2..], checked((ushort)length));
        value.CopyTo(chunk[ChunkHeadBytes..]);
        return chunk.Length;
    }
}
