using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace DatapathKernels.Simd;

/// <summary>Chosen bits of a word, moved together: the number a table is indexed by.</summary>
internal static class BitGather
{
    /// <summary>The bits of <paramref name="word"/> that <paramref name="mask"/> names, the lowest first. One instruction on x86 with BMI2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Gather(ulong word, ulong mask) => Bmi2.X64.IsSupported ? Bmi2.X64.ParallelBitExtract(word, mask) : GatherBitByBit(word, mask);

    /// <summary>The same on any machine.</summary>
    public static ulong GatherBitByBit(ulong word, ulong mask)
    {
        ulong result = 0;
        for (int i = 0; mask != 0; i++, mask &= mask - 1)
            result |= (word >> BitOperations.TrailingZeroCount(mask) & 1) << i;
        return result;
    }
}
