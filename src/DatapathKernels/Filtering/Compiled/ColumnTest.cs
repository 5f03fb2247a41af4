using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Simd;

namespace DatapathKernels.Filtering;

/// <summary>
/// One word of a packet against that word of many rules. A rule passes when <c>(word &amp; mask) ^ value</c> is zero; to ask
/// whether any of 64 does, the least of those differences is compared with zero, once.
/// </summary>
internal static unsafe class ColumnTest
{
    /// <summary>True when none of 64 rules passes.</summary>
    // SAFE: both columns have 64 rules from here on; rows are multiples of 64, columns 64-byte aligned
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool NonePasses<TIsa>(uint* masks, uint* values, uint word)
        where TIsa : struct, IIsa
    {
        if (TIsa.V512)
        {
            Vector512<uint> packet = Vector512.Create(word), least = Difference(masks, values, packet);
            for (int i = 16; i < 64; i += 16)
                least = Vector512.Min(least, Difference(masks + i, values + i, packet));
            return !Vector512.EqualsAny(least, Vector512<uint>.Zero);
        }

        if (TIsa.V256)
        {
            Vector256<uint> packet = Vector256.Create(word), least = Difference(masks, values, packet);
            for (int i = 8; i < 64; i += 8)
                least = Vector256.Min(least, Difference(masks + i, values + i, packet));
            return !Vector256.EqualsAny(least, Vector256<uint>.Zero);
        }

        if (TIsa.V128)
        {
            Vector128<uint> packet = Vector128.Create(word), least = Difference(masks, values, packet);
            for (int i = 4; i < 64; i += 4)
                least = Vector128.Min(least, Difference(masks + i, values + i, packet));
            return !Vector128.EqualsAny(least, Vector128<uint>.Zero);
        }

        for (int i = 0; i < 64; i++)
        {
            if ((word & masks[i]) == values[i])
                return false;
        }

        return true;
    }

    /// <summary>Which of 16 rules pass, one bit each.</summary>
    // SAFE: both columns have 16 rules from here on
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Passing<TIsa>(uint* masks, uint* values, uint word)
        where TIsa : struct, IIsa
    {
        uint passing = 0;
        if (TIsa.V512)
            return (uint)Vector512.Equals(Difference(masks, values, Vector512.Create(word)), Vector512<uint>.Zero).ExtractMostSignificantBits();
        if (TIsa.V256)
        {
            for (int i = 0; i < 16; i += 8)
                passing |= Vector256.Equals(Difference(masks + i, values + i, Vector256.Create(word)), Vector256<uint>.Zero).ExtractMostSignificantBits() << i;
        }
        else if (TIsa.V128)
        {
            for (int i = 0; i < 16; i += 4)
                passing |= Vector128.Equals(Difference(masks + i, values + i, Vector128.Create(word)), Vector128<uint>.Zero).ExtractMostSignificantBits() << i;
        }
        else
        {
            for (int i = 0; i < 16; i++)
                passing |= (word & masks[i]) == values[i] ? 1u << i : 0;
        }

        return passing;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Difference(uint* masks, uint* values, Vector512<uint> packet) => (packet & Vector512.LoadAligned(masks)) ^ Vector512.LoadAligned(values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Difference(uint* masks, uint* values, Vector256<uint> packet) => (packet & Vector256.LoadAligned(masks)) ^ Vector256.LoadAligned(values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Difference(uint* masks, uint* values, Vector128<uint> packet) => (packet & Vector128.LoadAligned(masks)) ^ Vector128.LoadAligned(values);
}
