using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DatapathKernels.Diagnostics;
using DatapathKernels.Simd;

namespace DatapathKernels.Hashing;

/// <content>
/// Many keys at once: the words stand in columns and each lane of a vector hashes its own key. The hash is one long chain of
/// dependent steps, so a key alone takes its 20 cycles of latency; 16 lanes share them.
/// </content>
public static partial class JenkinsHash
{
    /// <summary><c>jhash_3words</c> of every row of three columns: the same as <see cref="Words(uint, uint, uint, uint)"/> one by one.</summary>
    /// <param name="first">First words.</param>
    /// <param name="second">Second words, as many.</param>
    /// <param name="third">Third words, as many.</param>
    /// <param name="initialValue">The initial value of all of them.</param>
    /// <param name="hashes">Receives the hashes; may be one of the columns.</param>
    /// <exception cref="ArgumentException">The columns differ in length, or there is less room than rows.</exception>
    public static void Words(ReadOnlySpan<uint> first, ReadOnlySpan<uint> second, ReadOnlySpan<uint> third, uint initialValue, Span<uint> hashes) =>
        Words<NativeIsa>(first, second, third, initialValue, hashes);

    internal static void Words<TIsa>(ReadOnlySpan<uint> first, ReadOnlySpan<uint> second, ReadOnlySpan<uint> third, uint initialValue, Span<uint> hashes)
        where TIsa : struct, IIsa
    {
        if (second.Length != first.Length || third.Length != first.Length || hashes.Length < first.Length)
            Throw.Argument(nameof(hashes), "expected three columns of one length and as many places");
        ref uint a = ref MemoryMarshal.GetReference(first);
        ref uint b = ref MemoryMarshal.GetReference(second);
        ref uint c = ref MemoryMarshal.GetReference(third);
        ref uint to = ref MemoryMarshal.GetReference(hashes);
        uint initial = initialValue + Initial + 12;
        nuint i = 0, count = (nuint)first.Length;
        // SAFE: each vector ends at or before count, which no column is shorter than
        for (; TIsa.V512 && i + 16 <= count; i += 16)
            Final512(Vector512.LoadUnsafe(ref a, i), Vector512.LoadUnsafe(ref b, i), Vector512.LoadUnsafe(ref c, i), Vector512.Create(initial)).StoreUnsafe(ref to, i);
        for (; TIsa.V256 && i + 8 <= count; i += 8)
            Final256(Vector256.LoadUnsafe(ref a, i), Vector256.LoadUnsafe(ref b, i), Vector256.LoadUnsafe(ref c, i), Vector256.Create(initial)).StoreUnsafe(ref to, i);
        for (; TIsa.V128 && i + 4 <= count; i += 4)
            Final128(Vector128.LoadUnsafe(ref a, i), Vector128.LoadUnsafe(ref b, i), Vector128.LoadUnsafe(ref c, i), Vector128.Create(initial)).StoreUnsafe(ref to, i);
        for (; i < count; i++)
            Unsafe.Add(ref to, i) = Few(Unsafe.Add(ref a, i), Unsafe.Add(ref b, i), Unsafe.Add(ref c, i), initial);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Final512(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> initial)
    {
        a += initial; b += initial; c += initial;
        c ^= b; c -= (b << 14) | (b >>> 18);
        a ^= c; a -= (c << 11) | (c >>> 21);
        b ^= a; b -= (a << 25) | (a >>> 7);
        c ^= b; c -= (b << 16) | (b >>> 16);
        a ^= c; a -= (c << 4) | (c >>> 28);
        b ^= a; b -= (a << 14) | (a >>> 18);
        c ^= b; c -= (b << 24) | (b >>> 8);
        return c;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Final256(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c, Vector256<uint> initial)
    {
        a += initial; b += initial; c += initial;
        c ^= b; c -= (b << 14) | (b >>> 18);
        a ^= c; a -= (c << 11) | (c >>> 21);
        b ^= a; b -= (a << 25) | (a >>> 7);
        c ^= b; c -= (b << 16) | (b >>> 16);
        a ^= c; a -= (c << 4) | (c >>> 28);
        b ^= a; b -= (a << 14) | (a >>> 18);
        c ^= b; c -= (b << 24) | (b >>> 8);
        return c;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Final128(Vector128<uint> a, Vector128<uint> b, Vector128<uint> c, Vector128<uint> initial)
    {
        a += initial; b += initial; c += initial;
        c ^= b; c -= (b << 14) | (b >>> 18);
        a ^= c; a -= (c << 11) | (c >>> 21);
        b ^= a; b -= (a << 25) | (a >>> 7);
        c ^= b; c -= (b << 16) | (b >>> 16);
        a ^= c; a -= (c << 4) | (c >>> 28);
        b ^= a; b -= (a << 14) | (a >>> 18);
        c ^= b; c -= (b << 24) | (b >>> 8);
        return c;
    }
}
