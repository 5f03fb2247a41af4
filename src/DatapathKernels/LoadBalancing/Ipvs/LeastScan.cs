using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Simd;

namespace DatapathKernels.LoadBalancing;

/// <summary>The least of a column of numbers and its first place, as many at a time as a vector holds.</summary>
/// <remarks>
/// Columns are a multiple of <see cref="Multiple"/> long, so no width has a rest. No number may be NaN. At 512 bits a vector holds eight; the
/// widest width allowed takes the whole column.
/// </remarks>
internal static class LeastScan
{
    /// <summary>What the length of a column is a multiple of: the most numbers in a vector.</summary>
    public const int Multiple = 8;

    /// <summary>The least number; positive infinity of an empty column.</summary>
    public static double Least<TIsa>(ReadOnlySpan<double> column)
        where TIsa : struct, IIsa
    {
        if (TIsa.V512)
            return Least512(column);
        if (TIsa.V256)
            return Least256(column);
        if (TIsa.V128)
            return Least128(column);
        double least = double.PositiveInfinity;
        foreach (double number in column)
            least = number < least ? number : least;
        return least;
    }

    /// <summary>The first place of a number; -1 when the column has none.</summary>
    public static int IndexOf<TIsa>(ReadOnlySpan<double> column, double number)
        where TIsa : struct, IIsa
    {
        ref double first = ref MemoryMarshal.GetReference(column);
        // SAFE: i + 8 <= column.Length, a multiple of 8 as every caller's column is
        for (int i = 0; i < column.Length; i += Multiple)
        {
            uint mask = Equal<TIsa>(ref Unsafe.Add(ref first, i), number);
            if (mask != 0)
                return i + System.Numerics.BitOperations.TrailingZeroCount(mask);
        }

        return -1;
    }

    /// <summary>Bit i is set when number i of the next eight is the one looked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Equal<TIsa>(ref double eight, double number)
        where TIsa : struct, IIsa
    {
        if (TIsa.V512)
            return (uint)Vector512.Equals(Vector512.LoadUnsafe(ref eight), Vector512.Create(number)).ExtractMostSignificantBits();
        uint mask = 0;
        if (TIsa.V256)
        {
            for (int i = 0; i < Multiple; i += 4)
                mask |= Vector256.Equals(Vector256.LoadUnsafe(ref eight, (nuint)i), Vector256.Create(number)).ExtractMostSignificantBits() << i;
            return mask;
        }

        if (TIsa.V128)
        {
            for (int i = 0; i < Multiple; i += 2)
                mask |= Vector128.Equals(Vector128.LoadUnsafe(ref eight, (nuint)i), Vector128.Create(number)).ExtractMostSignificantBits() << i;
            return mask;
        }

        for (int i = 0; i < Multiple; i++)
            mask |= (Unsafe.Add(ref eight, i) == number ? 1u : 0) << i;
        return mask;
    }

    private static double Least512(ReadOnlySpan<double> column)
    {
        ref double first = ref MemoryMarshal.GetReference(column);
        Vector512<double> least = Vector512.Create(double.PositiveInfinity);
        for (nuint i = 0; i < (nuint)column.Length; i += 8)
            least = Vector512.MinNative(least, Vector512.LoadUnsafe(ref first, i));
        return Lowest(Vector256.MinNative(least.GetLower(), least.GetUpper()));
    }

    private static double Least256(ReadOnlySpan<double> column)
    {
        ref double first = ref MemoryMarshal.GetReference(column);
        Vector256<double> least = Vector256.Create(double.PositiveInfinity);
        for (nuint i = 0; i < (nuint)column.Length; i += 4)
            least = Vector256.MinNative(least, Vector256.LoadUnsafe(ref first, i));
        return Lowest(least);
    }

    private static double Least128(ReadOnlySpan<double> column)
    {
        ref double first = ref MemoryMarshal.GetReference(column);
        Vector128<double> least = Vector128.Create(double.PositiveInfinity);
        for (nuint i = 0; i < (nuint)column.Length; i += 2)
            least = Vector128.MinNative(least, Vector128.LoadUnsafe(ref first, i));
        return Lowest(least);
    }

    private static double Lowest(Vector256<double> numbers) => Lowest(Vector128.MinNative(numbers.GetLower(), numbers.GetUpper()));

    private static double Lowest(Vector128<double> numbers) => Math.Min(numbers.GetElement(0), numbers.GetElement(1));
}
