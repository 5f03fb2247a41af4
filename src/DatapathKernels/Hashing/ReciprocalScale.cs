using System.Runtime.CompilerServices;

namespace DatapathKernels.Hashing;

/// <summary>
/// Linux's <c>reciprocal_scale</c>: a hash to a number below <c>n</c> with a multiplication in place of a division.
/// </summary>
/// <remarks>It uses the <b>high</b> bits of the hash, where a mask uses the low ones: the two pick different buckets.</remarks>
public static class ReciprocalScale
{
    /// <summary><c>hash * n / 2^32</c>: from 0 to <c>n - 1</c>, evenly when the hash is even over 32 bits; 0 when <paramref name="n"/> is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Scale(uint hash, uint n) => (uint)(((ulong)hash * n) >> 32);
}
