using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace DatapathKernels.Hashing;

/// <summary>MurmurHash3 (Austin Appleby, SMHasher): Cilium's Maglev uses the 128-bit form.</summary>
/// <remarks>Not keyed: with a known seed, colliding keys are easy to make.</remarks>
public static class Murmur3
{
    /// <summary>MurmurHash3_x64_128: both halves of the result.</summary>
    /// <param name="bytes">The message.</param>
    /// <param name="seed">The seed; it starts both halves.</param>
    public static (ulong H1, ulong H2) X64(ReadOnlySpan<byte> bytes, uint seed)
    {
        ulong h1 = seed, h2 = seed, length = (ulong)bytes.Length;
        for (; bytes.Length >= 16; bytes = bytes[16..])
        {
            h1 ^= MixK1(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            h1 = (BitOperations.RotateLeft(h1, 27) + h2) * 5 + 0x52dce729;
            h2 ^= MixK2(BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
            h2 = (BitOperations.RotateLeft(h2, 31) + h1) * 5 + 0x38495ab5;
        }

        // A part without bytes mixes to zero, as if it had been left out.
        if (bytes.Length >= 8)
        {
            h2 ^= MixK2(Tail.Read(bytes[8..]));
            h1 ^= MixK1(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }
        else
        {
            h1 ^= MixK1(Tail.Read(bytes));
        }

        h1 ^= length;
        h2 ^= length;
        h1 += h2;
        h2 += h1;
        h1 = Finish(h1);
        h2 = Finish(h2);
        h1 += h2;
        return (h1, h2 + h1);
    }

    /// <summary>MurmurHash3_x86_32.</summary>
    /// <param name="bytes">The message.</param>
    /// <param name="seed">The seed.</param>
    public static uint X86(ReadOnlySpan<byte> bytes, uint seed)
    {
        uint hash = seed, length = (uint)bytes.Length;
        for (; bytes.Length >= 4; bytes = bytes[4..])
        {
            hash ^= MixK(BinaryPrimitives.ReadUInt32LittleEndian(bytes));
            hash = BitOperations.RotateLeft(hash, 13) * 5 + 0xe6546b64;
        }

        hash ^= MixK((uint)Tail.Read(bytes)) ^ length;
        hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
        hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
        return hash ^ (hash >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MixK1(ulong k) => BitOperations.RotateLeft(k * 0x87c37b91114253d5, 31) * 0x4cf5ad432745937f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MixK2(ulong k) => BitOperations.RotateLeft(k * 0x4cf5ad432745937f, 33) * 0x87c37b91114253d5;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint MixK(uint k) => BitOperations.RotateLeft(k * 0xcc9e2d51, 15) * 0x1b873593;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Finish(ulong k)
    {
        k = (k ^ (k >> 33)) * 0xff51afd7ed558ccd;
        k = (k ^ (k >> 33)) * 0xc4ceb9fe1a85ec53;
        return k ^ (k >> 33);
    }
}
