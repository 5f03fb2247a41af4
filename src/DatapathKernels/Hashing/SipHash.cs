using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace DatapathKernels.Hashing;

/// <summary>
/// SipHash (Aumasson and Bernstein): a keyed hash that an attacker without the key cannot steer. Linux uses the 2-4 form
/// for conntrack and for <c>skb_get_hash</c>, and the shorter ones as <c>hsiphash</c>.
/// </summary>
public static class SipHash
{
    // "somepseudorandomlygeneratedbytes"
    private const ulong Start0 = 0x736f6d6570736575, Start1 = 0x646f72616e646f6d, Start2 = 0x6c7967656e657261, Start3 = 0x7465646279746573;

    /// <summary>SipHash-2-4: 64 bits.</summary>
    /// <param name="bytes">The message.</param>
    /// <param name="key0">The first half of the key, little-endian.</param>
    /// <param name="key1">The second half of the key, little-endian.</param>
    public static ulong Compute24(ReadOnlySpan<byte> bytes, ulong key0, ulong key1) =>
        Compute<TwoFour>(bytes, key0, key1);

    /// <summary>SipHash-1-3: 64 bits.</summary>
    /// <param name="bytes">The message.</param>
    /// <param name="key0">The first half of the key, little-endian.</param>
    /// <param name="key1">The second half of the key, little-endian.</param>
    public static ulong Compute13(ReadOnlySpan<byte> bytes, ulong key0, ulong key1) =>
        Compute<OneThree>(bytes, key0, key1);

    /// <summary>Linux's <c>hsiphash</c> on a 64-bit machine: the low 32 bits of SipHash-1-3.</summary>
    /// <param name="bytes">The message.</param>
    /// <param name="key0">The first half of the key, little-endian.</param>
    /// <param name="key1">The second half of the key, little-endian.</param>
    public static uint Kernel64(ReadOnlySpan<byte> bytes, ulong key0, ulong key1) => (uint)Compute13(bytes, key0, key1);

    /// <summary>Linux's <c>hsiphash</c> of one 32-bit word on a little-endian 64-bit machine (<c>hsiphash_1u32</c>): with constant keys half of the first round is constant too.</summary>
    /// <param name="word">The word.</param>
    /// <param name="key0">The first half of the key, little-endian.</param>
    /// <param name="key1">The second half of the key, little-endian.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Kernel64(uint word, ulong key0, ulong key1)
    {
        ulong v0 = Start0 ^ key0, v1 = Start1 ^ key1, v2 = Start2 ^ key0, v3 = Start3 ^ key1, last = ((ulong)sizeof(uint) << 56) | word;
        v3 ^= last;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= last;
        v2 ^= 0xff;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        return (uint)(v0 ^ v1 ^ v2 ^ v3);
    }

    /// <summary>Linux's <c>hsiphash</c> on a 32-bit machine: HalfSipHash-1-3, another function with another result.</summary>
    /// <param name="bytes">The message.</param>
    /// <param name="key0">The first half of the key, little-endian.</param>
    /// <param name="key1">The second half of the key, little-endian.</param>
    public static uint Kernel32(ReadOnlySpan<byte> bytes, uint key0, uint key1)
    {
        uint v0 = key0, v1 = key1, v2 = 0x6c796765 ^ key0, v3 = 0x74656462 ^ key1;
        uint last = (uint)bytes.Length << 24;
        for (; bytes.Length >= 4; bytes = bytes[4..])
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            v3 ^= word;
            HalfRound(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
        }

        last |= (uint)Tail.Read(bytes);
        v3 ^= last;
        HalfRound(ref v0, ref v1, ref v2, ref v3);
        v0 ^= last;
        v2 ^= 0xff;
        HalfRound(ref v0, ref v1, ref v2, ref v3);
        HalfRound(ref v0, ref v1, ref v2, ref v3);
        HalfRound(ref v0, ref v1, ref v2, ref v3);
        return v1 ^ v3;
    }

    private static ulong Compute<TRounds>(ReadOnlySpan<byte> bytes, ulong key0, ulong key1)
        where TRounds : struct, IRounds
    {
        ulong v0 = Start0 ^ key0, v1 = Start1 ^ key1, v2 = Start2 ^ key0, v3 = Start3 ^ key1;
        ulong last = (ulong)bytes.Length << 56;
        for (; bytes.Length >= 8; bytes = bytes[8..])
            Absorb<TRounds>(BinaryPrimitives.ReadUInt64LittleEndian(bytes), ref v0, ref v1, ref v2, ref v3);
        Absorb<TRounds>(last | Tail.Read(bytes), ref v0, ref v1, ref v2, ref v3);
        v2 ^= 0xff;
        for (int i = 0; i < TRounds.Final; i++)
            Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Absorb<TRounds>(ulong word, ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
        where TRounds : struct, IRounds
    {
        v3 ^= word;
        for (int i = 0; i < TRounds.Compression; i++)
            Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= word;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1; v1 = BitOperations.RotateLeft(v1, 13) ^ v0; v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3; v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3; v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1; v1 = BitOperations.RotateLeft(v1, 17) ^ v2; v2 = BitOperations.RotateLeft(v2, 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void HalfRound(ref uint v0, ref uint v1, ref uint v2, ref uint v3)
    {
        v0 += v1; v1 = BitOperations.RotateLeft(v1, 5) ^ v0; v0 = BitOperations.RotateLeft(v0, 16);
        v2 += v3; v3 = BitOperations.RotateLeft(v3, 8) ^ v2;
        v0 += v3; v3 = BitOperations.RotateLeft(v3, 7) ^ v0;
        v2 += v1; v1 = BitOperations.RotateLeft(v1, 13) ^ v2; v2 = BitOperations.RotateLeft(v2, 16);
    }

    /// <summary>How many rounds a variant takes, as constants.</summary>
    private interface IRounds
    {
        static abstract int Compression { get; }

        static abstract int Final { get; }
    }

    private readonly struct TwoFour : IRounds
    {
        public static int Compression => 2;

        public static int Final => 4;
    }

    private readonly struct OneThree : IRounds
    {
        public static int Compression => 1;

        public static int Final => 3;
    }
}
