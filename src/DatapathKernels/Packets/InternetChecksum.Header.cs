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

    /// <summary>The folded sum of an Ethernet header and of the twelve bytes before an IPv4 header's addresses.</summary>
    /// <param name="frame">Its first byte; 26 are read.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ushort SumBeforeAddresses(ref byte frame) =>
        ToHostOrder(Fold(SumOfEight(ref frame) + SumOfEight(ref Unsafe.Add(ref frame, 8)) + SumOfEight(ref Unsafe.Add(ref frame, 16)) + Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref frame, 24))));

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
