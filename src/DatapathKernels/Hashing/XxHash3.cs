using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace DatapathKernels.Hashing;

/// <summary>
/// XXH3, 64 bits (Yann Collet, xxHash specification): four length classes, each a sum of folded 64 by 64 bit products of
/// input and secret; above 240 bytes, stripes of 64 bytes (see <c>XxHash3.Long.cs</c>).
/// </summary>
public static partial class XxHash3
{
    private const uint P32A = 0x9E3779B1, P32B = 0x85EBCA77, P32C = 0xC2B2AE3D;
    private const int SecretLength = 192;

    private static ReadOnlySpan<byte> Secret =>
    [
        0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c, 0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb,
        0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f, 0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
        0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c, 0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb,
        0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3, 0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8, 0xa8,
        0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d, 0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8,
        0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64, 0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb, 0x17,
        0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e, 0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f,
        0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce, 0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
    ];

    /// <summary>The hash of some bytes.</summary>
    public static ulong Compute(ReadOnlySpan<byte> bytes, ulong seed = 0) => bytes.Length switch
    {
        <= 16 => UpTo16(bytes, seed),
        <= 128 => UpTo128(bytes, seed),
        <= 240 => UpTo240(bytes, seed),
        _ => Long(bytes, seed),
    };

    private static ulong UpTo16(ReadOnlySpan<byte> bytes, ulong seed)
    {
        int length = bytes.Length;
        if (length > 8)
        {
            ulong low = Read64(bytes, 0) ^ ((Read64(Secret, 24) ^ Read64(Secret, 32)) + seed);
            ulong high = Read64(bytes, length - 8) ^ ((Read64(Secret, 40) ^ Read64(Secret, 48)) - seed);
            return Avalanche((ulong)length + BinaryPrimitives.ReverseEndianness(low) + high + Fold(low, high));
        }

        if (length >= 4)
        {
            seed ^= (ulong)BinaryPrimitives.ReverseEndianness((uint)seed) << 32;
            ulong word = Read32(bytes, length - 4) + ((ulong)Read32(bytes, 0) << 32);
            ulong hash = word ^ ((Read64(Secret, 8) ^ Read64(Secret, 16)) - seed);
            hash ^= BitOperations.RotateLeft(hash, 49) ^ BitOperations.RotateLeft(hash, 24);
            hash *= 0x9FB21C651E98DF25;
            hash = (hash ^ ((hash >> 35) + (ulong)length)) * 0x9FB21C651E98DF25;
            return hash ^ (hash >> 28);
        }

        if (length == 0)
            return XxHash64.Avalanche(seed ^ Read64(Secret, 56) ^ Read64(Secret, 64));
        uint three = ((uint)bytes[0] << 16) | ((uint)bytes[length >> 1] << 24) | bytes[length - 1] | ((uint)length << 8);
        return XxHash64.Avalanche(three ^ ((Read32(Secret, 0) ^ Read32(Secret, 4)) + seed));
    }

    /// <summary>17 to 128 bytes: pairs of 16 bytes from both ends inwards.</summary>
    private static ulong UpTo128(ReadOnlySpan<byte> bytes, ulong seed)
    {
        ulong sum = (ulong)bytes.Length * XxHash64.P1;
        for (int pair = (bytes.Length - 1) / 32; pair >= 0; pair--)
        {
            sum += Mix16(bytes, pair * 16, pair * 32, seed);
            sum += Mix16(bytes, bytes.Length - 16 * (pair + 1), pair * 32 + 16, seed);
        }

        return Avalanche(sum);
    }

    private static ulong UpTo240(ReadOnlySpan<byte> bytes, ulong seed)
    {
        ulong sum = (ulong)bytes.Length * XxHash64.P1;
        for (int i = 0; i < 8; i++)
            sum += Mix16(bytes, 16 * i, 16 * i, seed);
        sum = Avalanche(sum);
        for (int i = 8; i < bytes.Length / 16; i++)
            sum += Mix16(bytes, 16 * i, 16 * (i - 8) + 3, seed);
        return Avalanche(sum + Mix16(bytes, bytes.Length - 16, 136 - 17, seed));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix16(ReadOnlySpan<byte> bytes, int offset, int secret, ulong seed)
    {
        ReadOnlySpan<byte> words = bytes.Slice(offset, 16), secrets = Secret.Slice(secret, 16);
        return Fold(Read64(words, 0) ^ (Read64(secrets, 0) + seed), Read64(words, 8) ^ (Read64(secrets, 8) - seed));
    }

    private static ulong Avalanche(ulong hash)
    {
        hash = (hash ^ (hash >> 37)) * 0x165667919E3779F9;
        return hash ^ (hash >> 32);
    }

    /// <summary>The 128-bit product, its halves xored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b) => Math.BigMul(a, b, out ulong low) ^ low;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Read64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Read32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
}
