using DatapathKernels.Hashing;
using DatapathKernels.Maps;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>Keys chosen by an enemy. The cost of a table is counted in buckets read, which no noise changes.</summary>
public class FlowMapAttackTests
{
    private const int Keys = 1_000_000;

    [Fact]
    public void Keys_that_collide_under_a_known_seed_do_not_slow_another()
    {
        RawKey<UInt128>[] keys = Crowding(seed: 7, count: 20_000, shift: 54);
        using FlowMap<RawKey<UInt128>, ulong> known = Filled(new(keys.Length, 7), keys), other = Filled(new(keys.Length, 8), keys);
        Assert.True(Cost(known, keys) > 100, "the keys were meant to crowd the table they were made for");
        Assert.True(Cost(other, keys) < 1.2);
    }

    [Fact]
    public void Nor_do_keys_of_the_other_kinds()
    {
        Crowd(i => new FlowKeyV4((uint)i, 0x0a00600a, 4000, 53, IpProtocol.Udp));
        Crowd(i => new RawKey<uint>((uint)i));
        Crowd(i => new RawKey<ulong>(i));
        Crowd(i => new RawKey<(ulong, ulong, ulong)>((i, 1, 2)));
        Crowd(i => new RawKey<Bytes40>(Numbered(i)));
        Crowd(i => new FlowKeyV6(AddressOf(i), AddressOf(1), 4000, 53, IpProtocol.Udp));
    }

    [Fact]
    public void A_million_keys_built_against_the_default_configuration_cost_less_than_twice_as_much()
    {
        // The enemy knows the code, and not the seed: the best guess is one seed out of 2^64.
        RawKey<UInt128>[] keys = Crowding(seed: 0, count: Keys, shift: 60);
        using FlowMap<RawKey<UInt128>, ulong> attacked = Filled(new(Keys), keys);
        RawKey<UInt128>[] harmless = [.. Enumerable.Range(0, Keys).Select(i => new RawKey<UInt128>((UInt128)i))];
        using FlowMap<RawKey<UInt128>, ulong> usual = Filled(new(Keys), harmless);
        Assert.True(Cost(attacked, keys) < 2 * Cost(usual, harmless));
    }

    [Fact]
    public void No_pair_of_words_collides_under_every_seed()
    {
        // Swapped, shifted, negated and xored words: what defeats hashes that combine words by a plain product or xor.
        ulong a = 0x0a00000100000001, b = 0x0050a0b0060000ff;
        UInt128 key = new(a, b);
        UInt128[] others = [new(b, a), new(~a, b), new(a, ~b), new(a ^ b, b), new(0, b), new(a, 0), key ^ UInt128.MaxValue, new(a << 1, b), new(a, b << 1)];
        foreach (UInt128 other in others)
        {
            int same = 0;
            for (ulong seed = 0; seed < 1000; seed++)
                same += RawKey<UInt128>.Hash(new(key), seed) >> 48 == RawKey<UInt128>.Hash(new(other), seed) >> 48 ? 1 : 0;
            Assert.True(same < 5, $"{other:x32}: equal under {same} of 1000 seeds");
        }
    }

    [Fact]
    public void As_many_keys_overflow_as_the_layout_s_documentation_says()
    {
        RawKey<UInt128>[] keys = [.. Enumerable.Range(0, Keys).Select(i => new RawKey<UInt128>((UInt128)i))];
        using FlowMap<RawKey<UInt128>, ulong> map = Filled(new(Keys, 3), keys);
        int away = keys.Count(key => map.BucketsRead(in key) > 1);
        Assert.InRange(away / (double)Keys, 0.025, 0.037);
    }

    private static void Crowd<TKey>(Func<ulong, TKey> make)
        where TKey : unmanaged, IHashKey<TKey>
    {
        TKey[] keys = Crowding(seed: 7, count: 1000, shift: 54, make);
        using FlowMap<TKey, ulong> known = Filled(new(keys.Length, 7), keys), other = Filled(new(keys.Length, 8), keys);
        Assert.True(Cost(known, keys) > 20, $"{typeof(TKey)}: the keys were meant to crowd the table they were made for");
        Assert.True(Cost(other, keys) < 1.2, $"{typeof(TKey)}: {Cost(other, keys)} buckets a key");
    }

    private static RawKey<UInt128>[] Crowding(ulong seed, int count, int shift) => Crowding(seed, count, shift, i => new RawKey<UInt128>(new UInt128(i, 0x0a60000a00000035)));

    /// <summary>Keys whose hash under a seed has only zeros from a bit up.</summary>
    private static TKey[] Crowding<TKey>(ulong seed, int count, int shift, Func<ulong, TKey> make)
        where TKey : unmanaged, IHashKey<TKey>
    {
        TKey[] keys = new TKey[count];
        HashSecret secret = new(seed);
        int made = 0;
        for (ulong i = 0; made < count; i++)
        {
            TKey key = make(i);
            if (TKey.Hash(in key, in secret) >> shift == 0)
                keys[made++] = key;
        }

        return keys;
    }

    private static Bytes40 Numbered(ulong number)
    {
        Bytes40 bytes = default;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        return bytes;
    }

    private static IPv6Address AddressOf(ulong number)
    {
        Span<byte> bytes = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], number);
        return new(bytes);
    }

    private static FlowMap<TKey, ulong> Filled<TKey>(FlowMap<TKey, ulong> map, TKey[] keys)
        where TKey : unmanaged, IHashKey<TKey>
    {
        foreach (TKey key in keys)
            Assert.Equal(MapError.Ok, map.Update(in key, 1));
        return map;
    }

    /// <summary>Buckets read for a key, on average.</summary>
    private static double Cost<TKey>(FlowMap<TKey, ulong> map, TKey[] keys)
        where TKey : unmanaged, IHashKey<TKey> => keys.Average(key => (double)map.BucketsRead(in key));
}
