using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DatapathKernels.Maps;

/// <summary>
/// The 64-bit word that ends a bucket of five slots. It says all that a lookup must know besides keys and values, and
/// because it is one word it is read and written whole:
/// <code>
///  bit 0          10     11          48         64
///  |  taken slots | busy |  version  |  passed  |
/// </code>
/// <list type="bullet">
/// <item><b>taken</b>: one bit a slot that holds a key, at the places where a vector compare's mask has them (see
/// <see cref="FlowMap{TKey, TValue}"/>), so that the mask fits without a shift.</item>
/// <item><b>busy</b>: the writer is changing a value of this bucket in place.</item>
/// <item><b>version</b>: counts the writes to this bucket. It comes round after 2^37 of them, ten minutes of nothing else.</item>
/// <item><b>passed</b>: a Bloom filter, one bit a key, of the keys that found this bucket full and stand in a later one. A
/// key whose bit is not set cannot be further on, so most misses end at home.</item>
/// </list>
/// </summary>
internal static class BucketWord
{
    /// <summary>Slots in a bucket.</summary>
    public const int Slots = 5;

    /// <summary>Set while a value is changed in place.</summary>
    public const ulong Busy = 1UL << 10;

    /// <summary>The filter's bits.</summary>
    public const ulong Passed = 0xffffUL << PassedShift;

    private const int PassedShift = 48;
    private const ulong VersionStep = Busy << 1, Version = ~Passed & ~(VersionStep - 1);

    /// <summary>Bit 0 says whether a key with this hash may have passed; the bits above say nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong MayHavePassed(ulong word, ulong hash) => word >> ((int)hash | PassedShift);

    /// <summary>The bit a key with this hash leaves in the words of the buckets it passes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong PassBit(ulong hash) => 1UL << ((int)hash | PassedShift);

    /// <summary>Eight hashes' places of that bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> PassShifts(Vector512<ulong> hashes) => (hashes & Vector512.Create(63UL)) | Vector512.Create((ulong)PassedShift);

    /// <summary>True when some key passed.</summary>
    public static bool WasPassed(ulong word) => (word & Passed) != 0;

    /// <summary>The word with the next version.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Advance(ulong word) => (word & ~Version) | ((word + VersionStep) & Version);

    /// <summary>
    /// The word while the value of a slot is changed in place. The slot looks free and every key seems to have passed, so
    /// that a reader who looks for this key goes the long way, where it waits.
    /// </summary>
    public static ulong Occupy(ulong word, ulong slot) => (word & ~slot) | Passed | Busy;
}
