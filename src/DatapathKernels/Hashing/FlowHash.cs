using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace DatapathKernels.Hashing;

/// <summary>
/// The project's own hash of flow keys: 64 bits from 16 or 40 bytes and a 64-bit seed. The same value on every CPU, at
/// every vector width and in both byte orders; every bit of it is fit for use as table index, tag or bucket choice.
/// </summary>
/// <remarks>
/// <para>
/// Two 64 by 64 to 128 bit products follow one another. Each key word is xored with a secret first; between the products,
/// every factor is xored with a half of the first product, so that a factor of zero erases nothing. Both secrets depend on
/// the seed, and so does their xor: were it a constant, the keys (a, b) and (b ^ c, a ^ c) would collide under every seed.
/// </para>
/// <para>
/// Chosen by measurement on a Zen 5 core, ns a key one after another in a burst (and when each waits for the one before),
/// 16 bytes / 40 bytes: this hash 1.1 (3.3) / 2.3 (5.0); one product and a multiply-xorshift 1.1 (3.9) / 2.1 (4.2); two
/// CRC32C chains, mixed 1.3 (4.8) / 1.4 (6.5), refused because the CRC is linear: two keys that collide do so under every
/// seed; AES rounds 0.5 (6.0) / 0.8 (7.5), refused because a CPU without AES takes two orders of magnitude more for the
/// same value; XXH3 3.4 (3.9) / 10.9; SipHash-1-3 7.1 (9.4) / 10.8; jhash2 3.8 (8.2) / 8.6. Flipping any key bit flips each
/// hash bit with a probability within sampling noise of one half, and ports or addresses counted up spread over any 12 bits
/// of the hash as random numbers would: the tests say how both are measured.
/// </para>
/// <para>
/// Not a cryptographic function: who sees hashes could work out the seed. Who sees none cannot aim collisions.
/// </para>
/// </remarks>
public static partial class FlowHash
{
    // Random odd constants with 32 one bits each, give or take a few.
    internal const ulong C0 = 0xa0761d6478bd642f, C1 = 0xe7037ed1a0b428db, C2 = 0x8ebc6af09c88c6e3, C3 = 0x589965cc75374cc3;

    /// <summary>The hash of a 16-byte key given as two little-endian words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Compute(ulong word0, ulong word1, ulong seed)
    {
        (ulong secret0, ulong secret1) = Secrets(seed);
        return Finish(word0 ^ secret0, word1 ^ secret1);
    }

    /// <summary>The same hash, by a secret worked out before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Compute(ulong word0, ulong word1, in HashSecret secret)
    {
        ulong a = word0 ^ secret.First0, b = word1 ^ secret.First1;
        return Fold(word0 ^ secret.Second0 ^ (a * b), word1 ^ secret.Second1 ^ High(a, b));
    }

    /// <summary>The hash of a 40-byte key given as five little-endian words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Compute(ulong word0, ulong word1, ulong word2, ulong word3, ulong word4, ulong seed)
    {
        (ulong secret0, ulong secret1) = Secrets(seed);
        ulong left = Fold(word0 ^ secret0, word1 ^ secret1);
        ulong right = Fold(word2 ^ (secret0 + C3), word3 ^ BitOperations.RotateLeft(secret1, 23));
        // The rotation keeps the pair (left, right) apart from (right, left): a product does not know their order.
        return Finish(left ^ word4 ^ secret1, BitOperations.RotateLeft(right, 32) ^ secret0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static (ulong Secret0, ulong Secret1) Secrets(ulong seed) => (seed ^ C0, seed * C1 + C2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Finish(ulong a, ulong b) => Fold(a ^ (a * b) ^ C1, b ^ High(a, b) ^ C3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b) => High(a, b) ^ (a * b);

    /// <summary>The upper half of the product. Math.BigMul, asked for both, takes the lower one through memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong High(ulong a, ulong b) => Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(a, b) : Math.BigMul(a, b, out _);
}
