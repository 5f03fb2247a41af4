using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using DatapathKernels.Simd;

namespace DatapathKernels.Packets;

/// <summary>
/// The Internet checksum (RFC 1071): the complement of the one's-complement sum of the 16-bit big-endian words, an odd
/// last byte being the high half of its word. Checksums are host-order values here (<c>0x220d</c> goes to the wire as
/// bytes <c>22 0d</c>); write them with a big-endian store.
/// </summary>
/// <remarks>
/// <para>
/// A <b>partial sum</b> is an unsigned 32-bit number congruent to the sum of words modulo 0xffff: zero only when every
/// byte summed is zero. Partial sums add up (<see cref="Add"/>), in any order, as long as each piece starts at an even
/// offset; <see cref="Combine"/> knows the odd ones. <see cref="Finish"/> folds one and complements it.
/// </para>
/// <para>
/// Zero has two faces in one's complement, 0x0000 and 0xffff. Data that is not all zero never sums to 0x0000, so a
/// computed checksum is 0xffff only for all-zero data, and a sound packet sums to 0xffff.
/// </para>
/// </remarks>
public static partial class InternetChecksum
{
    /// <summary>The checksum of some bytes, at any alignment and length. Empty input gives 0xffff.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Compute(ReadOnlySpan<byte> bytes) =>
        (ushort)~SumWords<NativeIsa>(bytes);

    /// <summary>The partial sum of some bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Sum(ReadOnlySpan<byte> bytes) => SumWords<NativeIsa>(bytes);

    /// <summary>Adds two partial sums with end-around carry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Add(uint left, uint right)
    {
        ulong sum = (ulong)left + right;
        return (uint)sum + (uint)(sum >> 32);
    }

    /// <summary>
    /// The partial sum of two pieces laid one after the other. When the first has an odd length, every byte of the second
    /// stands in the other half of its word, which is a rotation of its sum by 8 bits.
    /// </summary>
    /// <param name="first">Partial sum of the first piece.</param>
    /// <param name="firstLength">Length of the first piece, bytes.</param>
    /// <param name="second">Partial sum of the second piece.</param>
    public static uint Combine(uint first, int firstLength, uint second) =>
        Add(first, (firstLength & 1) == 0 ? second : BinaryPrimitives.ReverseEndianness(Fold(second)));

    /// <summary>Folds a partial sum to 16 bits and complements it: the checksum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Finish(uint sum) => (ushort)~Fold(sum);

    /// <summary>
    /// True when the bytes, their checksum field included, sum to 0xffff: a sound IPv4 header or ICMP message. False for
    /// empty and for all-zero input, whose sum is 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsValid(ReadOnlySpan<byte> bytes) =>
        SumWords<NativeIsa>(bytes) == 0xffff;

    /// <summary><see cref="Compute"/> with the vector widths of a policy.</summary>
    internal static ushort Compute<TIsa>(ReadOnlySpan<byte> bytes)
        where TIsa : struct, IIsa => (ushort)~SumWords<TIsa>(bytes);

    /// <summary>
    /// 64 bits to 16 with end-around carry. Adding a number to itself rotated by half its width leaves, in the high half,
    /// the sum of both halves and of the carry that the low half produced.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Fold(ulong sum)
    {
        sum += (sum << 32) | (sum >> 32);
        return Fold((uint)(sum >> 32));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Fold(uint sum)
    {
        sum += (sum << 16) | (sum >> 16);
        return (ushort)(sum >> 16);
    }

    /// <summary>Words were summed as the CPU reads them; the folded sum is turned round once instead (RFC 1071, section 2B).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort ToHostOrder(ushort sum) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(sum) : sum;
}
