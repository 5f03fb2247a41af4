using System.Runtime.CompilerServices;

namespace DatapathKernels.Packets;

/// <summary>Sums of a few bytes whose number is known: straight-line code, no vector.</summary>
public static partial class InternetChecksum
{
    /// <summary>True when an IPv4 header without options sums to 0xffff.</summary>
    /// <param name="header">Its first byte; 20 are read.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsValidHeader(ref byte header) =>
        Fold(SumOfEight(ref header) + SumOfEight(ref Unsafe.Add(ref header, 8)) + Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref header, 16))) == 0xffff;

    /// <summary>The sum of an Ethernet header and of the twelve bytes before an IPv4 header's addresses, of words as the CPU reads them: a raw sum.</summary>
    /// <param name="frame">Its first byte; 26 are read.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong RawSumBeforeAddresses(ref byte frame) =>
        SumOfEight(ref frame) + SumOfEight(ref Unsafe.Add(ref frame, 8)) + SumOfEight(ref Unsafe.Add(ref frame, 16)) + Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref frame, 24));

    /// <summary>The same of an Ethernet header and of the eight bytes before an IPv6 header's addresses.</summary>
    /// <param name="frame">Its first byte; 22 are read.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong RawSumBeforeAddressesV6(ref byte frame) =>
        SumOfEight(ref frame) + SumOfEight(ref Unsafe.Add(ref frame, 8)) + Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref frame, 16)) + Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref frame, 20));

    /// <summary>
    /// A sum of values in host order among raw ones. On a little-endian machine the bytes of a raw sum's words are exchanged, and in one's complement eight bits to the left
    /// do that: 2^16 is 1.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Raw(uint sum) => BitConverter.IsLittleEndian ? (ulong)sum << 8 : sum;

    /// <summary>Folds a raw sum and one of values in host order, and complements them: the checksum.</summary>
    /// <param name="raw">The raw sum, less than 2^60.</param>
    /// <param name="sum">The other.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ushort FinishRaw(ulong raw, uint sum) => ToHostOrder((ushort)~Fold(raw + Raw(sum)));

    /// <summary>Folds a sum of many words, or of partial sums, to 16 bits and complements it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ushort FinishWide(ulong sum) => (ushort)~Fold(sum);

    /// <summary>Words as the CPU reads them, in a sum that has room for many more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong SumOfEight(ref byte from)
    {
        ulong value = Unsafe.ReadUnaligned<ulong>(ref from);
        return (uint)value + (value >> 32);
    }
}
