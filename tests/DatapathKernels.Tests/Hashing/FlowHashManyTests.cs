using System.Runtime.InteropServices;
using DatapathKernels.Hashing;
using DatapathKernels.Simd;
using Xunit;

namespace DatapathKernels.Tests.Hashing;

/// <summary>Many hashes at once are the hashes one by one.</summary>
public class FlowHashManyTests
{
    [Fact]
    public void EveryWidthAndEveryCountSaysTheSame()
    {
        Check<ScalarIsa>();
        Check<Isa128>();
        Check<Isa256>();
        Check<Isa512>();
    }

    [Fact]
    public void ProductsThatCarryInEveryPlaceAreRight()
    {
        // The secrets are xored in first, so these give the products factors of all ones, of one, and of zero.
        HashSecret secret = new(0);
        ulong[] factors = [0, 1, uint.MaxValue, 1UL << 32, ulong.MaxValue, 0xffff_ffff_0000_0001, 0x8000_0000_8000_0000, ulong.MaxValue - 1];
        ulong[] words = [.. factors.SelectMany(a => factors, (a, b) => new[] { a ^ secret.First0, b ^ secret.First1 }).SelectMany(pair => pair)];
        ulong[] hashes = new ulong[words.Length / 2];
        FlowHash.Compute<Isa512>(words, hashes, in secret);
        Assert.Equal(Singles(words, secret), hashes);
    }

    [Fact]
    public void KeysOfEverySizeHashManyAsTheyHashOne()
    {
        CheckKey<byte>();
        CheckKey<uint>();
        CheckKey<ulong>();
        CheckKey<UInt128>();
        CheckKey<(ulong, UInt128)>();
    }

    private static void Check<TIsa>()
        where TIsa : struct, IIsa
    {
        Random random = new(5);
        for (int keys = 0; keys < 70; keys++)
        {
            ulong[] words = new ulong[2 * keys], hashes = new ulong[keys + 1];
            random.NextBytes(MemoryMarshal.AsBytes(words.AsSpan()));
            HashSecret secret = new((ulong)random.NextInt64());
            hashes[keys] = 7;
            FlowHash.Compute<TIsa>(words, hashes, in secret);
            Assert.Equal(Singles(words, secret), hashes[..keys]);
            Assert.Equal(7UL, hashes[keys]);
        }
    }

    private static void CheckKey<T>(int count = 37)
        where T : unmanaged
    {
        RawKey<T>[] keys = new RawKey<T>[count];
        new Random(6).NextBytes(MemoryMarshal.AsBytes(keys.AsSpan()));
        ulong[] hashes = new ulong[count];
        HashSecret secret = new(9);
        Many(keys, hashes, in secret);
        for (int i = 0; i < count; i++)
            Assert.Equal(RawKey<T>.Hash(in keys[i], 9), hashes[i]);
    }

    private static void Many<TKey>(ReadOnlySpan<TKey> keys, Span<ulong> hashes, in HashSecret secret)
        where TKey : unmanaged, IHashKey<TKey> => TKey.Hash(keys, hashes, in secret);

    private static ulong[] Singles(ulong[] words, HashSecret secret) =>
        [.. Enumerable.Range(0, words.Length / 2).Select(i => FlowHash.Compute(words[2 * i], words[(2 * i) + 1], secret.Seed))];
}
