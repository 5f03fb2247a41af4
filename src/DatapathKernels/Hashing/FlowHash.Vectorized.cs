using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DatapathKernels.Simd;

namespace DatapathKernels.Hashing;

/// <content>
/// The hashes of many 16-byte keys. Eight at a time, a 64 by 64 bit product is four 32 by 32 bit ones and their sum, fifteen
/// instructions for eight keys where the CPU's own multiplication takes two and some moves for each: a key takes a quarter of
/// the instructions it takes alone, and gets the same hash.
/// </content>
public static partial class FlowHash
{
    /// <summary>Hashes every key: the same as <see cref="Compute(ulong, ulong, in HashSecret)"/> of its two words.</summary>
    /// <param name="words">Two little-endian words a key.</param>
    /// <param name="hashes">Receives one hash a key; half as long as <paramref name="words"/> or longer.</param>
    /// <param name="secret">The seed.</param>
    internal static unsafe void Compute<TIsa>(ReadOnlySpan<ulong> words, Span<ulong> hashes, in HashSecret secret)
        where TIsa : struct, IIsa
    {
        int keys = words.Length / 2, i = 0;
        hashes = hashes[..keys];
        fixed (ulong* word = words, hash = hashes)
        {
            // SAFE: i + 8 keys are at most all of them
            for (; TIsa.V512 && Avx512F.IsSupported && i <= keys - 8; i += 8)
                Eight(Vector512.Load(word + (2 * i)), Vector512.Load(word + (2 * i) + 8), in secret).Store(hash + i);
            for (; i < keys; i++)
                hash[i] = Compute(word[2 * i], word[(2 * i) + 1], in secret);
        }
    }

    /// <summary>The hashes of eight keys, four in each vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Eight(Vector512<ulong> four, Vector512<ulong> fourMore, in HashSecret secret)
    {
        Vector512<ulong> word0 = Avx512F.PermuteVar8x64x2(four, Vector512.Create(0UL, 2, 4, 6, 8, 10, 12, 14), fourMore);
        Vector512<ulong> word1 = Avx512F.PermuteVar8x64x2(four, Vector512.Create(1UL, 3, 5, 7, 9, 11, 13, 15), fourMore);
        Vector512<ulong> a = word0 ^ Vector512.Create(secret.First0), b = word1 ^ Vector512.Create(secret.First1);
        Vector512<ulong> c = word0 ^ Vector512.Create(secret.Second0) ^ (a * b), d = word1 ^ Vector512.Create(secret.Second1) ^ High(a, b);
        return High(c, d) ^ (c * d);
    }

    /// <summary>The upper halves of eight products. No sum overflows: (2^32 - 1)^2 + 2 (2^32 - 1) is 2^64 - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> High(Vector512<ulong> a, Vector512<ulong> b)
    {
        Vector512<ulong> aHigh = a >> 32, bHigh = b >> 32;
        Vector512<ulong> middle = Product(aHigh, b) + (Product(a, b) >> 32);
        Vector512<ulong> middle2 = Product(a, bHigh) + (middle & Vector512.Create((ulong)uint.MaxValue));
        return Product(aHigh, bHigh) + (middle >> 32) + (middle2 >> 32);
    }

    /// <summary>The products of the lower halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Product(Vector512<ulong> a, Vector512<ulong> b) => Avx512F.Multiply(a.AsUInt32(), b.AsUInt32());
}
