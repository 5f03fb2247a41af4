using System.Buffers.Binary;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;

namespace DatapathKernels.Packets;

/// <summary>
/// SCTP's checksum (RFC 9260, section 6.8 and appendix A): the CRC32C of the whole packet with its checksum field taken as
/// zero, stored least significant byte first. No pseudo header: rewriting an address leaves it alone, rewriting a port
/// means computing it again.
/// </summary>
public static class SctpChecksum
{
    /// <summary>Offset of the checksum in the SCTP common header, bytes.</summary>
    public const int Offset = 8;

    private const int CommonHeaderLength = 12;

    /// <summary>The CRC of a packet, whatever its checksum field holds now.</summary>
    /// <param name="packet">Common header and chunks.</param>
    /// <exception cref="ArgumentException">Fewer bytes than the common header.</exception>
    public static uint Compute(ReadOnlySpan<byte> packet)
    {
        CheckLength(packet);
        uint crc = Crc32C.Update(uint.MaxValue, packet[..Offset]);
        crc = Crc32C.Update(crc, [0, 0, 0, 0]);
        return ~Crc32C.Update(crc, packet[CommonHeaderLength..]);
    }

    /// <summary>Computes the CRC and writes it into the packet.</summary>
    /// <exception cref="ArgumentException">Fewer bytes than the common header.</exception>
    public static void Write(Span<byte> packet)
    {
        CheckLength(packet);
        BinaryPrimitives.WriteUInt32LittleEndian(packet[Offset..], Compute(packet));
    }

    /// <summary>True when the field holds the packet's CRC. False for fewer bytes than the common header.</summary>
    public static bool Verify(ReadOnlySpan<byte> packet) =>
        packet.Length >= CommonHeaderLength
        && BinaryPrimitives.ReadUInt32LittleEndian(packet[Offset..]) == Compute(packet);

    private static void CheckLength(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < CommonHeaderLength)
            Throw.Argument(nameof(packet), "expected at least the 12 bytes of the SCTP common header");
    }
}
