using System.Buffers.Binary;
using DatapathKernels.Diagnostics;

namespace DatapathKernels.Packets;

/// <summary>Writes <see cref="Ipv6Header"/>s and <see cref="Ipv6ExtensionHeader"/>s.</summary>
public static class Ipv6Writer
{
    /// <summary>Writes the fixed header over whatever was there.</summary>
    /// <param name="destination">Room for <see cref="Ipv6Header.Size"/> bytes.</param>
    /// <param name="fields">The fields.</param>
    /// <param name="payloadBytes">Bytes that follow, extension headers included; more than the field can say are written as 0.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">Too little room.</exception>
    public static int Write(Span<byte> destination, in Ipv6Fields fields, int payloadBytes)
    {
        Span<byte> header = destination[..Ipv6Header.Size];
        BinaryPrimitives.WriteUInt32BigEndian(header, 6u << 28 | (uint)fields.TrafficClass << 20 | (fields.FlowLabel & 0xfffff));
        BinaryPrimitives.WriteUInt16BigEndian(header[Ipv6Header.LengthOffset..], payloadBytes > ushort.MaxValue ? (ushort)0 : (ushort)payloadBytes);
        header[Ipv6Header.NextHeaderOffset] = (byte)fields.NextHeader;
        header[Ipv6Header.HopLimitOffset] = fields.HopLimit;
        fields.Source.CopyTo(header[Ipv6Header.SourceOffset..]);
        fields.Destination.CopyTo(header[Ipv6Header.DestinationOffset..]);
        return Ipv6Header.Size;
    }

    /// <summary>
    /// Writes a hop-by-hop, routing, destination options or authentication header with its own fields, padded with zeros (Pad1
    /// options where it holds options) to its unit of length.
    /// </summary>
    /// <param name="destination">Room for the header.</param>
    /// <param name="type">Which of the four.</param>
    /// <param name="next">What follows it.</param>
    /// <param name="data">Everything after next header and length.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">Too little room, too much data, or another type.</exception>
    public static int WriteExtension(Span<byte> destination, IpProtocol type, IpProtocol next, ReadOnlySpan<byte> data)
    {
        if (type == IpProtocol.Fragment || !Ipv6ExtensionChain.IsExtension(type))
            Throw.Argument(nameof(type), $"{type} is not an extension header of variable length");
        bool isAh = type == IpProtocol.Ah;
        int unit = isAh ? 4 : 8;
        int bytes = Math.Max(Ipv6ExtensionHeader.MinSize, (2 + data.Length + unit - 1) / unit * unit);
        int length = isAh ? (bytes / 4) - 2 : (bytes / 8) - 1;
        if (length > byte.MaxValue)
            Throw.Argument(nameof(data), $"{data.Length} bytes do not fit an extension header");

        Span<byte> header = destination[..bytes];
        header.Clear();
        header[0] = (byte)next;
        header[1] = (byte)length;
        data.CopyTo(header[2..]);
        return bytes;
    }

    /// <summary>Writes a fragment header over whatever was there.</summary>
    /// <param name="destination">Room for <see cref="Ipv6ExtensionHeader.MinSize"/> bytes.</param>
    /// <param name="next">What the datagram carries.</param>
    /// <param name="offset">Fragment offset, bytes, a multiple of 8.</param>
    /// <param name="moreFragments">More fragments follow.</param>
    /// <param name="id">Identification.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">Too little room, or an offset that is no multiple of 8.</exception>
    public static int WriteFragment(Span<byte> destination, IpProtocol next, ushort offset, bool moreFragments, uint id)
    {
        if (offset % 8 != 0)
            Throw.Argument(nameof(offset), $"fragment offset {offset} is no multiple of 8");
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], id);
        destination[0] = (byte)next;
        destination[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)(offset | (moreFragments ? 1 : 0)));
        return Ipv6ExtensionHeader.MinSize;
    }
}
