using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace DatapathKernels.Hashing;

/// <summary>
/// Bob Jenkins' lookup3 as Linux has it (<c>include/linux/jhash.h</c>): IPVS, conntrack's helpers and the BPF hash map use it.
/// </summary>
/// <remarks>With a known initial value, colliding keys are easy to make: tables keyed by strangers need a random one.</remarks>
public static partial class JenkinsHash
{
    private const uint Initial = 0xdeadbeef;

    /// <summary><c>jhash(key, length, initval)</c>: bytes, taken as little-endian words (lookup3's <c>hashlittle</c>).</summary>
    public static uint Bytes(ReadOnlySpan<byte> key, uint initialValue)
    {
        uint a, b, c;
        a = b = c = Initial + (uint)key.Length + initialValue;
        // ">": a last block of exactly 12 bytes goes to the final mix only
        while (key.Length > 12)
        {
            a += BinaryPrimitives.ReadUInt32LittleEndian(key);
            b += BinaryPrimitives.ReadUInt32LittleEndian(key[4..]);
            c += BinaryPrimitives.ReadUInt32LittleEndian(key[8..]);
            Mix(ref a, ref b, ref c);
            key = key[12..];
        }

        if (key.IsEmpty)
            return c;
        ulong low = key.Length >= 8 ? BinaryPrimitives.ReadUInt64LittleEndian(key) : Tail.Read(key);
        a += (uint)low;
        b += (uint)(low >> 32);
        if (key.Length > 8)
            c += (uint)Tail.Read(key[8..]);
        return Final(a, b, c);
    }

    /// <summary><c>jhash2(words, count, initval)</c>: 32-bit words (lookup3's <c>hashword</c>).</summary>
    public static uint Words(ReadOnlySpan<uint> words, uint initialValue)
    {
        uint a, b, c;
        a = b = c = Initial + ((uint)words.Length << 2) + initialValue;
        while (words.Length > 3)
        {
            a += words[0];
            b += words[1];
            c += words[2];
            Mix(ref a, ref b, ref c);
            words = words[3..];
        }

        if (words.IsEmpty)
            return c;
        if (words.Length == 3)
            c += words[2];
        if (words.Length >= 2)
            b += words[1];
        return Final(a + words[0], b, c);
    }

    /// <summary><c>jhash_1word</c>. The word is a register value: network-order fields go in as they were loaded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Word(uint a, uint initialValue) => Few(a, 0, 0, initialValue + Initial + 4);

    /// <summary><c>jhash_2words</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Words(uint a, uint b, uint initialValue) => Few(a, b, 0, initialValue + Initial + 8);

    /// <summary><c>jhash_3words</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Words(uint a, uint b, uint c, uint initialValue) => Few(a, b, c, initialValue + Initial + 12);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Few(uint a, uint b, uint c, uint initial) => Final(a + initial, b + initial, c + initial);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Mix(ref uint a, ref uint b, ref uint c)
    {
        a -= c; a ^= BitOperations.RotateLeft(c, 4); c += b;
        b -= a; b ^= BitOperations.RotateLeft(a, 6); a += c;
        c -= b; c ^= BitOperations.RotateLeft(b, 8); b += a;
        a -= c; a ^= BitOperations.RotateLeft(c, 16); c += b;
        b -= a; b ^= BitOperations.RotateLeft(a, 19); a += c;
        c -= b; c ^= BitOperations.RotateLeft(b, 4); b += a;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Final(uint a, uint b, uint c)
    {
        c ^= b; c -= BitOperations.RotateLeft(b, 14);
        a ^= c; a -= BitOperations.RotateLeft(c, 11);
        b ^= a; b -= BitOperations.RotateLeft(a, 25);
        c ^= b; c -= BitOperations.RotateLeft(b, 16);
        a ^= c; a -= BitOperations.RotateLeft(c, 4);
        b ^= a; b -= BitOperations.RotateLeft(a, 14);
        c ^= b; c -= BitOperations.RotateLeft(b, 24);
        return c;
    }
}
