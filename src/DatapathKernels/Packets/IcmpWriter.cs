using System.Buffers.Binary;

namespace DatapathKernels.Packets;

/// <summary>Writes <see cref="IcmpHeader"/>s and <see cref="Icmpv6Header"/>s.</summary>
public static class IcmpWriter
{
    /// <summary>
    /// Writes an ICMP header over whatever was there, its checksum as zero: finish the packet with
    /// <see cref="PacketChecksums.Write"/>.
    /// </summary>
    /// <param name="destination">Room for <see cref="IcmpHeader.Size"/> bytes.</param>
    /// <param name="type">The type.</param>
    /// <param name="code">Its detail.</param>
    /// <param name="rest">The four bytes that depend on the type; see <see cref="Echo"/>.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">Too little room.</exception>
    public static int Write(Span<byte> destination, IcmpType type, byte code, uint rest) => Write(destination, (byte)type, code, rest);

    /// <summary>The same for ICMPv6.</summary>
    /// <inheritdoc cref="Write(Span{byte}, IcmpType, byte, uint)"/>
    public static int Write(Span<byte> destination, Icmpv6Type type, byte code, uint rest) => Write(destination, (byte)type, code, rest);

    /// <summary>Identifier and sequence number of an echo, packed as they stand.</summary>
    public static uint Echo(ushort id, ushort sequence) => (uint)id << 16 | sequence;

    private static int Write(Span<byte> destination, byte type, byte code, uint rest)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], rest);
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)type << 24 | (uint)code << 16);
        return IcmpHeader.Size;
    }
}
