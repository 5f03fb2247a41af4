using System.Buffers.Binary;

namespace DatapathKernels.Packets;

/// <summary>Writes the link headers that only captures have: Linux cooked v1 and v2, and loopback.</summary>
public static class LinkWriter
{
    private const int AddressBytes = 8;

    /// <summary>Writes a <see cref="LinuxSllHeader"/> over whatever was there.</summary>
    /// <param name="destination">Room for <see cref="LinuxSllHeader.Size"/> bytes.</param>
    /// <param name="packetType">0 to us, 1 broadcast, 2 multicast, 3 to another host, 4 sent by us.</param>
    /// <param name="hardwareType">ARPHRD type of the device.</param>
    /// <param name="address">The sender's link address; what exceeds 8 bytes is cut off, its length is kept.</param>
    /// <param name="protocol">EtherType of the payload.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">Too little room.</exception>
    public static int WriteSll(Span<byte> destination, ushort packetType, ushort hardwareType, ReadOnlySpan<byte> address, ushort protocol)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination[14..], protocol);
        BinaryPrimitives.WriteUInt16BigEndian(destination, packetType);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], hardwareType);
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], (ushort)address.Length);
        WriteAddress(destination.Slice(6, AddressBytes), address);
        return LinuxSllHeader.Size;
    }

    /// <summary>Writes a <see cref="LinuxSll2Header"/> over whatever was there.</summary>
    /// <param name="destination">Room for <see cref="LinuxSll2Header.Size"/> bytes.</param>
    /// <param name="packetType">0 to us, 1 broadcast, 2 multicast, 3 to another host, 4 sent by us.</param>
    /// <param name="hardwareType">ARPHRD type of the device.</param>
    /// <param name="interfaceIndex">Index of the interface.</param>
    /// <param name="address">The sender's link address; what exceeds 8 bytes is cut off, its length is kept.</param>
    /// <param name="protocol">EtherType of the payload.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">Too little room.</exception>
    public static int WriteSll2(
        Span<byte> destination, byte packetType, ushort hardwareType, uint interfaceIndex, ReadOnlySpan<byte> address, ushort protocol)
    {
        WriteAddress(destination.Slice(12, AddressBytes), address);
        BinaryPrimitives.WriteUInt16BigEndian(destination, protocol);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], 0);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], interfaceIndex);
        BinaryPrimitives.WriteUInt16BigEndian(destination[8..], hardwareType);
        destination[10] = packetType;
        destination[11] = (byte)address.Length;
        return LinuxSll2Header.Size;
    }

    /// <summary>Writes a <see cref="LoopbackHeader"/>: in network byte order as OpenBSD does, or in the machine's own as others do.</summary>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">Too little room.</exception>
    public static int WriteLoopback(Span<byte> destination, uint family, bool networkOrder)
    {
        if (networkOrder)
            BinaryPrimitives.WriteUInt32BigEndian(destination, family);
        else
            BitConverter.TryWriteBytes(destination[..LoopbackHeader.Size], family);
        return LoopbackHeader.Size;
    }

    private static void WriteAddress(Span<byte> destination, ReadOnlySpan<byte> address)
    {
        destination.Clear();
        address[..Math.Min(address.Length, AddressBytes)].CopyTo(destination);
    }
}
