using System.Buffers.Binary;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Packets;

/// <summary>Writes <see cref="Ipv4Header"/>s.</summary>
public static class Ipv4Writer
{
    /// <summary>Writes header and options over whatever was there, header checksum included.</summary>
    /// <param name="destination">Room for the header and its options.</param>
    /// <param name="fields">The fields.</param>
    /// <param name="payloadBytes">Bytes that follow; more than the field can say are written as 0, as segmentation offload does.</param>
    /// <param name="options">Options as they are to stand, up to 40 bytes; padded with zeros to a multiple of 4.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">Too little room, too many options, or a fragment offset that is no multiple of 8.</exception>
    public static int Write(Span<byte> destination, in Ipv4Fields fields, int payloadBytes, ReadOnlySpan<byte> options = default)
    {
        int bytes = Ipv4Header.MinSize + ((options.Length + 3) & ~3);
        if (bytes > Ipv4Header.MaxSize)
            Throw.Argument(nameof(options), $"{options.Length} bytes of options; 40 is the most IPv4 can hold");
        if (fields.FragmentOffset % 8 != 0)
            Throw.Argument(nameof(fields), $"fragment offset {fields.FragmentOffset} is no multiple of 8");

        Span<byte> header = destination[..bytes];
        int total = bytes + payloadBytes;
        header[0] = (byte)(0x40 | (bytes / 4));
        header[Ipv4Header.TosOffset] = fields.Tos;
        BinaryPrimitives.WriteUInt16BigEndian(header[Ipv4Header.LengthOffset..], total > ushort.MaxValue ? (ushort)0 : (ushort)total);
        BinaryPrimitives.WriteUInt16BigEndian(header[Ipv4Header.IdOffset..], fields.Id);
        BinaryPrimitives.WriteUInt16BigEndian(header[Ipv4Header.FragmentOffsetField..], FragmentField(fields));
        header[Ipv4Header.TtlOffset] = fields.Ttl;
        header[Ipv4Header.ProtocolOffset] = (byte)fields.Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(header[Ipv4Header.ChecksumOffset..], 0);
        BinaryPrimitives.WriteUInt32BigEndian(header[Ipv4Header.SourceOffset..], fields.Source);
        BinaryPrimitives.WriteUInt32BigEndian(header[Ipv4Header.DestinationOffset..], fields.Destination);
        header[Ipv4Header.MinSize..].Clear();
        options.CopyTo(header[Ipv4Header.MinSize..]);
        BinaryPrimitives.WriteUInt16BigEndian(header[Ipv4Header.ChecksumOffset..], InternetChecksum.Compute(header));
        return bytes;
    }

    private static ushort FragmentField(in Ipv4Fields fields) =>
        (ushort)((fields.DontFragment ? 0x4000 : 0) | (fields.MoreFragments ? 0x2000 : 0) | (fields.FragmentOffset / 8));
}
