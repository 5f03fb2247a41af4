using System.Runtime.CompilerServices;

namespace DatapathKernels.Hashing;

/// <summary>Linux's multiplicative hash (<c>include/linux/hash.h</c>): the high bits of a product with 2^32 over the golden ratio.</summary>
public static class GoldenHash
{
    /// <summary><c>__hash_32</c>: the product, 32 bits. Its high bits are the good ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Hash32(uint value) => value * 0x61C88647;

    /// <summary><c>hash_32(value, bits)</c>: the top <paramref name="bits"/> (1 to 32) bits of the product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Hash32(uint value, int bits) => Hash32(value) >> (32 - bits);
}
