using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The identity Katran gives a real server: the hash of its address in the library it is built on (folly's <c>IPAddress::hash</c> on a 64-bit
/// machine). With it our rings are those of a Katran in production.
/// </summary>
/// <remarks>
/// IPv4: FNV-1 of 32 bits over the four bytes, taken as signed. IPv6: SpookyHash V2 of 128 bits over the sixteen. The address family and the words of
/// that are folded from the right by the 128-to-64-bit step of CityHash.
/// </remarks>
internal static class KatranAddressHash
{
    private const ulong FamilyV4 = 2, FamilyV6 = 10;
    private const ulong FoldFactor = 0x9ddfea08eb382d69, SpookySeed = 0xdeadbeefdeadbeef;

    // SpookyHash's rotations, in the order they are applied: word 2, 3, 0, 1, 2, ... while mixing, word 2, 3, 0, 1, ... at the end.
    private static ReadOnlySpan<byte> MixRotations => [50, 52, 30, 41, 54, 48, 38, 37, 62, 34, 5, 36];

    private static ReadOnlySpan<byte> EndRotations => [15, 52, 26, 51, 28, 9, 47, 54, 32, 25, 63];

    /// <summary>The hash of an address.</summary>
    public static ulong Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return Fold(FamilyV4, Fnv(bytes[..length]));
        if (address.IsIPv4MappedToIPv6)
            return Fold(FamilyV4, Fnv(bytes[12..]));
        (ulong first, ulong second) = Spooky(bytes);
        return Fold(FamilyV6, Fold(first, second));
    }

    private static uint Fnv(ReadOnlySpan<byte> bytes)
    {
        uint hash = 2_166_136_261;
        foreach (byte value in bytes)
            hash = (hash * 16_777_619) ^ (uint)(sbyte)value;
        return hash;
    }

    private static ulong Fold(ulong upper, ulong lower)
    {
        ulong a = (lower ^ upper) * FoldFactor;
        a ^= a >> 47;
        ulong b = (upper ^ a) * FoldFactor;
        return (b ^ (b >> 47)) * FoldFactor;
    }

    /// <summary>The form for messages below 192 bytes, for one of exactly 16 and two seeds of zero.</summary>
    private static (ulong First, ulong Second) Spooky(ReadOnlySpan<byte> bytes)
    {
        Span<ulong> words =
        [
            0, 0, SpookySeed + BinaryPrimitives.ReadUInt64LittleEndian(bytes), SpookySeed + BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        ];
        for (int step = 0; step < MixRotations.Length; step++)
        {
            int turned = (step + 2) % 4;
            words[turned] = BitOperations.RotateLeft(words[turned], MixRotations[step]) + words[(turned + 1) % 4];
            words[(turned + 2) % 4] ^= words[turned];
        }

        words[2] += SpookySeed;
        words[3] += SpookySeed + (16UL << 56);
        for (int step = 0; step < EndRotations.Length; step++)
        {
            int turned = (step + 2) % 4, next = (step + 3) % 4;
            words[next] ^= words[turned];
            words[turned] = BitOperations.RotateLeft(words[turned], EndRotations[step]);
            words[next] += words[turned];
        }

        return (words[0], words[1]);
    }
}
