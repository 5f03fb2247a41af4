using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace DatapathKernels.Hashing;

/// <summary>
/// CRC-32C (Castagnoli; reflected polynomial 0x82F63B78): the checksum of SCTP and iSCSI (RFC 3720, appendix B.4), and the
/// CRC that CPUs compute in hardware. Where they do not, a table takes over.
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
        if (bytes.Length >= InterleavedBytes && Sse42.X64.IsSupported && Pclmulqdq.IsSupported)
            bytes = Interleaved(ref crc, bytes);
        return Serial(crc, bytes);
    }

    /// <summary>One word after the other: each waits three cycles for the one before.</summary>
    internal static uint Serial(uint crc, ReadOnlySpan<byte> bytes)
    {
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        int offset = 0;
        for (; bytes.Length - offset >= 8; offset += 8)
            crc = BitOperations.Crc32C(crc, Word(ref start, offset));
        if ((bytes.Length & 4) != 0)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]));
            offset += 4;
        }

        for (; offset < bytes.Length; offset++)
            crc = BitOperations.Crc32C(crc, bytes[offset]);
        return crc;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ref byte start, int offset)
    {
        // SAFE: the callers' loops keep offset + 8 <= length
        ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, offset));
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }
}
