using System.Buffers.Binary;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Packets;

/// <summary>Writes <see cref="TcpHeader"/>s.</summary>
public static class TcpWriter
{
    /// <summary>
    /// Writes header and options over whatever was there. The checksum covers the payload and addresses too, so it is
    /// written as zero: finish the packet with <see cref="PacketChecksums.Write"/>.
    /// </summary>
    /// <param name="destination">Room for the header and its options.</param>
    /// <param name="fields">The fields.</param>
    /// <param name="options">Options as they are to stand (see <see cref="TcpOptionsWriter"/>), up to 40 bytes; padded with zeros to a multiple of 4.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">Too little room, or too many options.</exception>
    public static int Write(Span<byte> destination, in TcpFields fields, ReadOnlySpan<byte> options = default)
    {
        int bytes = TcpHeader.MinSize + ((options.Length + 3) & ~3);
        if (bytes > TcpHeader.MaxSize)
            Throw.Argument(nameof(options), $"{options.Length} bytes of options; 40 is the most TCP can hold");

        Span<byte> header = destination[..bytes];
        BinaryPrimitives.WriteUInt16BigEndian(header, fields.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], fields.DestinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], fields.Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(header[8..], fields.Acknowledgment);
        header[TcpHeader.DataOffsetField] = (byte)(bytes / 4 << 4);
        header[TcpHeader.FlagsOffset] = (byte)fields.Flags;
        BinaryPrimitives.WriteUInt16BigEndian(header[14..], fields.Window);
        BinaryPrimitives.WriteUInt16BigEndian(header[TcpHeader.ChecksumOffset..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(header[18..], fields.UrgentPointer);
        header[TcpHeader.MinSize..].Clear();
        options.CopyTo(header[TcpHeader.MinSize..]);
        return bytes;
    }
}
