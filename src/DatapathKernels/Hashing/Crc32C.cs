using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DatapathKernels.Hashing;

/// <summary>
/// CRC-32C (Castagnoli; reflected polynomial 0x82F63B78): the checksum of SCTP and iSCSI (RFC 3720, appendix B.4), and the
/// CRC that CPUs compute in hardware.
/// </summary>
/// <remarks>A CRC is linear: the CRC of a xor is the xor of the CRCs. As a hash of flows it can be attacked; see <see cref="FlowHash"/>.</remarks>
public static partial class Crc32C
{
    /// <summary>The CRC in the form of the RFCs: the register starts as all ones and is complemented at the end.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => ~Update(uint.MaxValue, bytes);

    /// <summary>
    /// Feeds bytes to the raw register, nothing complemented: the form of the CPU's instruction and of Linux's
    /// <c>__crc32c_le</c>. Pieces may be fed one after the other.
    /// </summary>
    public static uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        int offset = 0;
        for (; bytes.Length - offset >= 8; offset += 8)
        {
            // SAFE: offset + 8 <= length
            ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, offset));
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word));
        }

        for (; offset < bytes.Length; offset++)
            crc = BitOperations.Crc32C(crc, bytes[offset]);
        return crc;
    }
}
