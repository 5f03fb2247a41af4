using DatapathKernels.Hashing;
using DatapathKernels.Maps;
using DatapathKernels.Packets;
using DatapathKernels.Simd;
using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>The map against a Dictionary under random operations, on every width.</summary>
public abstract class FlowMapModelTests<TIsa>
    where TIsa : struct, IIsa
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(64)]
    [InlineData(1000)]
    public void Paired_keys_follow_the_model(int capacity) =>
        Run<FlowKeyV4, ulong>(capacity, 200_000, i => new FlowKeyV4(0x0a000001 + i, 0x0a600001, (ushort)(i * 7), 443, IpProtocol.Tcp), i => i * 3UL);

    [Theory]
    [InlineData(5)]
    [InlineData(300)]
    public void Paired_keys_with_large_values_follow_the_model(int capacity) =>
        Run<RawKey<UInt128>, WideValue>(capacity, 60_000, i => new(new UInt128(i, 7)), i => WideValue.Of(i, i));

    [Theory]
    [InlineData(5)]
    [InlineData(300)]
    public void Paired_keys_with_small_values_follow_the_model(int capacity) => Run<RawKey<UInt128>, uint>(capacity, 60_000, i => new(new UInt128(7, i)), i => i);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(300)]
    public void Eight_byte_keys_follow_the_model(int capacity) => Run<RawKey<ulong>, byte>(capacity, 60_000, i => new(i), i => (byte)i);

    [Theory]
    [InlineData(5)]
    [InlineData(300)]
    public void Four_byte_keys_follow_the_model(int capacity) => Run<RawKey<uint>, WideValue>(capacity, 60_000, i => new(i), i => WideValue.Of(i, i));

    [Theory]
    [InlineData(5)]
    [InlineData(300)]
    public void Ipv6_keys_follow_the_model(int capacity) => Run<FlowKeyV6, uint>(capacity, 60_000, i => KeyV6(i), i => i);

    [Fact]
    public void Large_keys_follow_the_model() => Run<RawKey<(Bytes40, Bytes40)>, ulong>(100, 30_000, Large, i => i);

    [Theory]
    [InlineData(6)]
    [InlineData(70)]
    public void Keys_of_one_hash_follow_the_model(int capacity) => Run<CollidingKey, ulong>(capacity, 20_000, i => new(i), i => i);

    [Theory]
    [InlineData(9)]
    [InlineData(100)]
    public void Crowded_keys_follow_the_model(int capacity) => Run<CrowdedKey, ulong>(capacity, 60_000, i => new(i), i => i);

    private static FlowKeyV6 KeyV6(uint i)
    {
        IPv6Address address = new([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)(i >> 8), (byte)i]);
        return new FlowKeyV6(address, address, 4000, 53, IpProtocol.Udp);
    }

    private static RawKey<(Bytes40, Bytes40)> Large(uint i)
    {
        (Bytes40, Bytes40) bytes = default;
        bytes.Item2[39] = (byte)i;
        bytes.Item1[3] = (byte)(i >> 8);
        return new(bytes);
    }

    private static void Run<TKey, TValue>(int capacity, int operations, Func<uint, TKey> key, Func<uint, TValue> value)
        where TKey : unmanaged, IHashKey<TKey>
        where TValue : unmanaged
    {
        Random random = new(capacity);
        using FlowMap<TKey, TValue> map = new(capacity, 42);
        Dictionary<TKey, TValue> model = [];
        uint range = (uint)Math.Max(2, capacity * 3 / 2);
        for (int i = 0; i < operations; i++)
        {
            // The load drifts between empty and full.
            int fill = (int)(50 + (49 * Math.Sin(i * 12.0 / operations)));
            TKey k = key((uint)random.NextInt64(range));
            if (random.Next(100) >= 40)
                Look(map, model, k);
            else if (random.Next(100) < fill)
                Put(map, model, capacity, k, value((uint)random.Next()), (MapUpdate)random.Next(3));
            else
                Take(map, model, k, random.Next(2) == 0);
            Assert.Equal(model.Count, map.Count);
            if (i % (operations / 20) == 0)
                Walk(map, model);
        }

        Walk(map, model);
    }

    private static void Look<TKey, TValue>(FlowMap<TKey, TValue> map, Dictionary<TKey, TValue> model, TKey key)
        where TKey : unmanaged, IHashKey<TKey>
        where TValue : unmanaged
    {
        bool there = model.TryGetValue(key, out TValue expected);
        Assert.Equal(there ? MapError.Ok : MapError.NotFound, map.Lookup<TIsa>(in key, out TValue value));
        Assert.Equal(expected, value);
    }

    private static void Put<TKey, TValue>(FlowMap<TKey, TValue> map, Dictionary<TKey, TValue> model, int capacity, TKey key, TValue value, MapUpdate flags)
        where TKey : unmanaged, IHashKey<TKey>
        where TValue : unmanaged
    {
        MapError expected = model.ContainsKey(key)
            ? (flags == MapUpdate.NoExist ? MapError.Exists : MapError.Ok)
            : flags == MapUpdate.Exist ? MapError.NotFound : model.Count == capacity ? MapError.TooBig : MapError.Ok;
        Assert.Equal(expected, map.Update(in key, in value, flags));
        if (expected == MapError.Ok)
            model[key] = value;
    }

    private static void Take<TKey, TValue>(FlowMap<TKey, TValue> map, Dictionary<TKey, TValue> model, TKey key, bool look)
        where TKey : unmanaged, IHashKey<TKey>
        where TValue : unmanaged
    {
        bool there = model.Remove(key, out TValue expected);
        TValue value = expected;
        Assert.Equal(there ? MapError.Ok : MapError.NotFound, look ? map.LookupAndDelete(in key, out value) : map.Delete(in key));
        Assert.Equal(expected, value);
    }

    /// <summary>Every way to see all entries sees the model's.</summary>
    private static void Walk<TKey, TValue>(FlowMap<TKey, TValue> map, Dictionary<TKey, TValue> model)
        where TKey : unmanaged, IHashKey<TKey>
        where TValue : unmanaged
    {
        HashSet<TKey> seen = [];
        for (MapError error = map.GetFirstKey(out TKey key); error == MapError.Ok; error = map.GetNextKey(in key, out key))
            Assert.True(seen.Add(key) && model.ContainsKey(key));
        Assert.Equal(model.Count, seen.Count);

        TKey[] keys = [.. model.Keys];
        TValue[] values = new TValue[keys.Length];
        ulong[] hits = new ulong[(keys.Length / 64) + 1];
        Assert.Equal(keys.Length, map.LookupStream<TIsa>(keys, values, hits));
        Assert.Equal(keys.Select(k => model[k]), values);
    }
}

public sealed class FlowMapModelNativeTests : FlowMapModelTests<NativeIsa>;

public sealed class FlowMapModel256Tests : FlowMapModelTests<Isa256>;

public sealed class FlowMapModel128Tests : FlowMapModelTests<Isa128>;

public sealed class FlowMapModelScalarTests : FlowMapModelTests<ScalarIsa>;
