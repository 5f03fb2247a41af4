using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;

namespace DatapathKernels.Packets;

/// <summary>Hashes of bursts of flow keys.</summary>
public static class FlowKeyHash
{
    /// <summary>
    /// Hashes every key: the same values as <see cref="IHashKey{TSelf}.Hash(in TSelf, ulong)"/> one by one. Products of different keys
    /// overlap in the CPU, so a key takes a third of the time it takes alone.
    /// </summary>
    /// <param name="keys">The keys.</param>
    /// <param name="seed">The seed of all of them.</param>
    /// <param name="hashes">Receives one hash a key, in order; at least as long as <paramref name="keys"/>.</param>
    /// <exception cref="ArgumentException">Fewer hashes than keys.</exception>
    public static void Compute<TKey>(ReadOnlySpan<TKey> keys, ulong seed, Span<ulong> hashes)
        where TKey : unmanaged, IFlowKey<TKey>
    {
        if (hashes.Length < keys.Length)
            Throw.Argument(nameof(hashes), "expected room for one hash a key");
        ref TKey key = ref MemoryMarshal.GetReference(keys);
        ref ulong hash = ref MemoryMarshal.GetReference(hashes);
        // SAFE: i < keys.Length <= hashes.Length
        for (int i = 0; i < keys.Length; i++)
            Unsafe.Add(ref hash, i) = TKey.Hash(in Unsafe.Add(ref key, i), seed);
    }

    /// <summary>A word of a key as a little-endian CPU reads it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Word<TKey>(in TKey key, int index)
        where TKey : unmanaged
    {
        // SAFE: the callers' keys have more than index * 8 bytes
        ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref Unsafe.As<TKey, byte>(ref Unsafe.AsRef(in key)), index * 8));
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }

    /// <summary>
    /// The last word of a key, which ends with the zone: the one field in host order. On a big-endian CPU its two bytes
    /// come the other way round and are exchanged.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong LastWord<TKey>(in TKey key, int index, ushort zone)
        where TKey : unmanaged
    {
        ulong word = Word(in key, index);
        return BitConverter.IsLittleEndian ? word : (word & 0x0000_ffff_ffff_ffff) | ((ulong)zone << 48);
    }
}
