using System.Runtime.InteropServices;
using DatapathKernels.Hashing;
using DatapathKernels.Maps;
using DatapathKernels.Simd;
using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>Bursts, streams and batches do what the loop of single operations does, in maps that fit the core's caches and in larger ones.</summary>
public abstract class FlowMapBurstTests<TIsa>
    where TIsa : struct, IIsa
{
    // 48 KiB, and 2 MiB: asked for ahead.
    private const int Near = 1024, Far = 44_000;

    [Theory]
    [InlineData(3)]
    [InlineData(Near)]
    [InlineData(Far)]
    public void Split_keys(int capacity) => Run<RawKey<UInt128>, ulong>(capacity, i => new(new UInt128(i * 77UL, i)), i => i + 1UL);

    [Theory]
    [InlineData(Near)]
    [InlineData(Far)]
    public void Split_keys_with_small_values(int capacity) => Run<RawKey<UInt128>, byte>(capacity, i => new(new UInt128(i, i * 5UL)), i => (byte)(i | 1));

    [Theory]
    [InlineData(Near)]
    [InlineData(Far)]
    public void Whole_keys_with_large_values(int capacity) => Run<RawKey<UInt128>, WideValue>(capacity, i => new(i), i => WideValue.Of(i + 1UL, i));

    [Theory]
    [InlineData(Near)]
    [InlineData(Far)]
    public void Eight_byte_keys(int capacity) => Run<RawKey<ulong>, ulong>(capacity, i => new(i), i => i + 1UL);

    [Fact]
    public void Keys_of_one_hash() => Run<CollidingKey, ulong>(90, i => new(i), i => i + 1UL);

    private static void Run<TKey, TValue>(int capacity, Func<uint, TKey> key, Func<uint, TValue> value)
        where TKey : unmanaged, IHashKey<TKey>
        where TValue : unmanaged
    {
        using FlowMap<TKey, TValue> map = new(capacity, 3);
        for (uint i = 0; i < capacity; i++)
            Assert.Equal(MapError.Ok, map.Update(key(i), value(i)));
        Random random = new(8);
        foreach (int hits in new[] { 100, 50, 0 })
        {
            for (int length = 0; length <= 200; length++)
                CheckStream(map, Asked(random, length, capacity, hits, key), value(12345));
            CheckStream(map, Asked(random, 1500, capacity, hits, key), value(12345));
        }

        CheckBatches(map, [.. Enumerable.Range(0, Math.Min(capacity, 300)).Select(i => key((uint)i))], value);
    }

    private static TKey[] Asked<TKey>(Random random, int length, int capacity, int hits, Func<uint, TKey> key) =>
        [.. Enumerable.Range(0, length).Select(_ => key((uint)(random.Next(100) < hits ? random.Next(capacity) : capacity + random.Next(1000))))];

    private static void CheckStream<TKey, TValue>(FlowMap<TKey, TValue> map, TKey[] keys, TValue untouched)
        where TKey : unmanaged, IHashKey<TKey>
        where TValue : unmanaged
    {
        TValue[] expected = new TValue[keys.Length + 1], values = new TValue[keys.Length + 1];
        ulong[] expectedHits = new ulong[(keys.Length + 63) / 64], hits = [.. Enumerable.Repeat(ulong.MaxValue, expectedHits.Length)];
        for (int i = 0; i < keys.Length; i++)
            expectedHits[i / 64] |= map.Lookup<TIsa>(in keys[i], out expected[i]) == MapError.Ok ? 1UL << (i % 64) : 0;
        expected[^1] = values[^1] = untouched;
        Assert.Equal(expectedHits.Sum(word => (long)ulong.PopCount(word)), map.LookupStream<TIsa>(keys, values, hits));
        Assert.Equal(expectedHits, hits);
        Assert.True(Same(expected, values));
        if (keys.Length > FlowMap<TKey, TValue>.MaxBurst)
            return;
        values.AsSpan(0, keys.Length).Fill(untouched);
        Assert.Equal(keys.Length == 0 ? 0 : expectedHits[0], map.LookupBurst<TIsa>(keys, values));
        Assert.True(Same(expected, values));
    }

    private static bool Same<TValue>(TValue[] left, TValue[] right)
        where TValue : unmanaged => MemoryMarshal.AsBytes(left.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(right.AsSpan()));

    private static void CheckBatches<TKey, TValue>(FlowMap<TKey, TValue> map, TKey[] keys, Func<uint, TValue> value)
        where TKey : unmanaged, IHashKey<TKey>
        where TValue : unmanaged
    {
        TValue[] values = [.. Enumerable.Range(0, keys.Length).Select(i => value((uint)i + 9))];
        Assert.Equal(MapError.Ok, map.DeleteBatch(keys, out int count));
        Assert.Equal(keys.Length, count);
        Assert.Equal(map.Capacity - keys.Length, map.Count);
        Assert.Equal(MapError.NotFound, map.DeleteBatch(keys, out count));
        Assert.Equal(0, count);
        Assert.Equal(MapError.Ok, map.UpdateBatch(keys, values, out count, MapUpdate.NoExist));
        Assert.Equal(keys.Length, count);
        Assert.Equal(map.Capacity, map.Count);
        for (int i = 0; i < keys.Length; i++)
        {
            Assert.Equal(MapError.Ok, map.Lookup<TIsa>(in keys[i], out TValue found));
            Assert.Equal(values[i], found);
        }
    }
}

public sealed class FlowMapBurstNativeTests : FlowMapBurstTests<NativeIsa>;

public sealed class FlowMapBurst256Tests : FlowMapBurstTests<Isa256>;

public sealed class FlowMapBurst128Tests : FlowMapBurstTests<Isa128>;

public sealed class FlowMapBurstScalarTests : FlowMapBurstTests<ScalarIsa>;
