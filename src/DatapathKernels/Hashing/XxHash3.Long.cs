using System.Buffers.Binary;

namespace DatapathKernels.Hashing;

public static partial class XxHash3
{
    private const int Stripe = 64, StripesPerBlock = (SecretLength - Stripe) / 8;

    /// <summary>
    /// More than 240 bytes: eight accumulators take a stripe of 64 bytes at a time against a window of the secret that
    /// moves by 8 bytes; after 16 stripes they are scrambled and the window starts over.
    /// </summary>
    private static ulong Long(ReadOnlySpan<byte> bytes, ulong seed)
    {
        Span<byte> secret = stackalloc byte[SecretLength];
        DeriveSecret(secret, seed);
        Span<ulong> sums = [P32C, XxHash64.P1, XxHash64.P2, XxHash64.P3, XxHash64.P4, P32B, XxHash64.P5, P32A];
        ulong length = (ulong)bytes.Length;
        ReadOnlySpan<byte> last = bytes[^Stripe..];

        // The last byte never belongs to a block or a whole stripe: the last stripe always ends with the input.
        for (; bytes.Length > StripesPerBlock * Stripe; bytes = bytes[(StripesPerBlock * Stripe)..])
        {
            for (int i = 0; i < StripesPerBlock; i++)
                Accumulate(sums, bytes[(i * Stripe)..], secret[(8 * i)..]);
            Scramble(sums, secret[^Stripe..]);
        }

        for (int i = 0; i < (bytes.Length - 1) / Stripe; i++)
            Accumulate(sums, bytes[(i * Stripe)..], secret[(8 * i)..]);
        Accumulate(sums, last, secret[(SecretLength - Stripe - 7)..]);

        ulong hash = length * XxHash64.P1;
        for (int i = 0; i < 4; i++)
            hash += Fold(sums[2 * i] ^ Read64(secret, 11 + 16 * i), sums[2 * i + 1] ^ Read64(secret, 19 + 16 * i));
        return Avalanche(hash);
    }

    private static void DeriveSecret(Span<byte> secret, ulong seed)
    {
        for (int i = 0; i < SecretLength; i += 16)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(secret[i..], Read64(Secret, i) + seed);
            BinaryPrimitives.WriteUInt64LittleEndian(secret[(i + 8)..], Read64(Secret, i + 8) - seed);
        }
    }

    private static void Accumulate(Span<ulong> sums, ReadOnlySpan<byte> stripe, ReadOnlySpan<byte> secret)
    {
        for (int i = 0; i < 8; i++)
        {
            ulong word = Read64(stripe, 8 * i), keyed = word ^ Read64(secret, 8 * i);
            sums[i ^ 1] += word;
            sums[i] += (uint)keyed * (keyed >> 32);
        }
    }

    private static void Scramble(Span<ulong> sums, ReadOnlySpan<byte> secret)
    {
        for (int i = 0; i < 8; i++)
            sums[i] = (sums[i] ^ (sums[i] >> 47) ^ Read64(secret, 8 * i)) * P32A;
    }
}
