using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DatapathKernels.Hashing;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Hashing;

/// <summary>The quality that <see cref="FlowHash"/> claims, measured on the keys of real traffic, and its values pinned.</summary>
public class FlowHashTests
{
    private const ulong Seed = 0x0123456789abcdef;

    [Fact]
    public void Values_are_the_same_everywhere()
    {
        FlowKeyV4 v4 = MemoryMarshal.Read<FlowKeyV4>([10, 0, 0, 1, 10, 96, 0, 10, 0x0f, 0xa0, 0, 53, 17, 0, .. Zone(7)]);
        FlowKeyV6 v6 = MemoryMarshal.Read<FlowKeyV6>([.. Enumerable.Range(0, 32).Select(i => (byte)i), 0x0f, 0xa0, 0, 53, 17, 0, .. Zone(7)]);
        Assert.Equal(0xab4117c3789d2503u, FlowKeyV4.Hash(v4, Seed));
        Assert.Equal(0xe2f758eaa1aac8a6u, FlowKeyV6.Hash(v6, Seed));

        static byte[] Zone(ushort zone) => BitConverter.GetBytes(zone);
    }

    /// <summary>
    /// Flips each bit of random keys under random seeds. Over 2,000 trials a bit that flips half the time is off by more
    /// than 6 standard deviations (0.067) once in half a billion; there are 28,672 pairs of bits.
    /// </summary>
    [Fact]
    public void Every_key_bit_flips_every_hash_bit_half_of_the_time()
    {
        const int trials = 2000;
        Random random = new(1);
        foreach (int words in (ReadOnlySpan<int>)[2, 5])
        {
            int[] flips = new int[words * 64 * 64];
            ulong[] key = new ulong[words];
            for (int trial = 0; trial < trials; trial++)
            {
                random.NextBytes(MemoryMarshal.AsBytes(key.AsSpan()));
                ulong seed = (ulong)random.NextInt64(), hash = Hash(key, seed);
                for (int bit = 0; bit < words * 64; bit++)
                {
                    key[bit / 64] ^= 1UL << bit;
                    ulong changed = hash ^ Hash(key, seed);
                    key[bit / 64] ^= 1UL << bit;
                    for (int i = 0; i < 64; i++)
                        flips[bit * 64 + i] += (int)(changed >> i) & 1;
                }
            }

            Assert.All(flips, count => Assert.InRange(count / (double)trials, 0.433, 0.567));
        }
    }

    /// <summary>
    /// 65,536 keys that differ only in what a real table's keys differ in, counted into 4,096 buckets by several ranges of
    /// hash bits. Chi-square of 4,095 degrees of freedom has standard deviation 90.5: six of them are allowed.
    /// </summary>
    [Theory]
    [InlineData("source ports")]
    [InlineData("both ports")]
    [InlineData("source addresses")]
    [InlineData("destination addresses")]
    [InlineData("service grid")]
    [InlineData("small integers")]
    [InlineData("zones")]
    public void Structured_keys_spread_like_random_numbers(string kind)
    {
        const int shifts = 5;
        foreach (ulong seed in (ReadOnlySpan<ulong>)[0, Seed, ulong.MaxValue])
        {
            int[] v4 = new int[shifts * 4096], v6 = new int[shifts * 4096];
            for (int i = 0; i < 65536; i++)
            {
                FlowKeyV4 key = KeyV4(kind, (uint)i);
                ulong hash4 = FlowKeyV4.Hash(key, seed), hash6 = FlowKeyV6.Hash(KeyV6(key), seed);
                for (int shift = 0; shift < shifts; shift++)
                {
                    v4[shift * 4096 + (int)((hash4 >> (13 * shift)) & 4095)]++;
                    v6[shift * 4096 + (int)((hash6 >> (13 * shift)) & 4095)]++;
                }
            }

            for (int shift = 0; shift < shifts; shift++)
            {
                Assert.InRange(ChiSquare(v4.AsSpan(shift * 4096, 4096)), 4095 - 6 * 90.5, 4095 + 6 * 90.5);
                Assert.InRange(ChiSquare(v6.AsSpan(shift * 4096, 4096)), 4095 - 6 * 90.5, 4095 + 6 * 90.5);
            }
        }
    }

    [Fact]
    public void Words_exchanged_do_not_collide()
    {
        Random random = new(2);
        ulong[] key = new ulong[5];
        for (int i = 0; i < 10_000; i++)
        {
            random.NextBytes(MemoryMarshal.AsBytes(key.AsSpan()));
            (ulong a, ulong b, ulong c, ulong d, ulong e) = (key[0], key[1], key[2], key[3], key[4]);
            HashSet<ulong> hashes = [FlowHash.Compute(a, b, Seed), FlowHash.Compute(b, a, Seed)];
            Assert.Equal(2, hashes.Count);
            hashes = [FlowHash.Compute(a, b, c, d, e, Seed), FlowHash.Compute(c, d, a, b, e, Seed), FlowHash.Compute(b, a, d, c, e, Seed)];
            Assert.Equal(3, hashes.Count);
        }
    }

    [Fact]
    public void A_zero_factor_does_not_erase_the_other_word()
    {
        // Word 0 equal to its secret under seed 0.
        HashSet<ulong> hashes = [];
        for (ulong i = 0; i < 10_000; i++)
            Assert.True(hashes.Add(FlowHash.Compute(0xa0761d6478bd642f, i, 0)));
        for (ulong i = 0; i < 10_000; i++)
            Assert.True(hashes.Add(FlowHash.Compute(i, 0x8ebc6af09c88c6e3, 0)));
    }

    [Fact]
    public void Keys_that_collide_in_some_bits_under_one_seed_part_under_another()
    {
        int together = 0, stayed = 0;
        uint[] first = new uint[1 << 16];
        for (uint i = 0; i < 200_000; i++)
        {
            FlowKeyV4 key = KeyV4("small integers", i);
            uint bucket = (uint)FlowKeyV4.Hash(key, 1) & 0xffff;
            if (first[bucket] != 0)
            {
                together++;
                FlowKeyV4 other = KeyV4("small integers", first[bucket] - 1);
                if ((ushort)FlowKeyV4.Hash(key, 2) == (ushort)FlowKeyV4.Hash(other, 2))
                    stayed++;
            }

            first[bucket] = i + 1;
        }

        Assert.True(together > 100_000 && stayed < 20, $"{stayed} of {together} pairs collide under both seeds");
    }

    [Fact]
    public void A_burst_is_the_loop_of_single_hashes_and_allocates_nothing()
    {
        FlowKeyV4[] v4 = [.. Enumerable.Range(0, 100).Select(i => KeyV4("service grid", (uint)i))];
        FlowKeyV6[] v6 = [.. v4.Select(KeyV6)];
        ulong[] hashes = new ulong[100];
        FlowKeyHash.Compute<FlowKeyV4>(v4, Seed, hashes);
        Assert.Equal(v4.Select(key => FlowKeyV4.Hash(key, Seed)), hashes);
        FlowKeyHash.Compute<FlowKeyV6>(v6, Seed, hashes);
        Assert.Equal(v6.Select(key => FlowKeyV6.Hash(key, Seed)), hashes);
        Assert.Throws<ArgumentException>(() => FlowKeyHash.Compute<FlowKeyV4>(v4, Seed, hashes.AsSpan(1)));
        Allocation.IsZero(() => FlowKeyHash.Compute<FlowKeyV4>(v4, Seed, hashes));
    }

    private static ulong Hash(ulong[] key, ulong seed) => key.Length == 2
        ? FlowHash.Compute(key[0], key[1], seed)
        : FlowHash.Compute(key[0], key[1], key[2], key[3], key[4], seed);

    private static FlowKeyV4 KeyV4(string kind, uint i) => kind switch
    {
        "source ports" => new(Be(0x0a000001), Be(0x0a60000a), BePort(i), BePort(443), IpProtocol.Tcp),
        "both ports" => new(Be(0x0a000001), Be(0x0a60000a), BePort(30000 + (i & 255)), BePort(i >> 8), IpProtocol.Tcp),
        "source addresses" => new(Be(0x0a000000 + i), Be(0x0a60000a), BePort(40000), BePort(443), IpProtocol.Tcp),
        "destination addresses" => new(Be(0x0a000001), Be(0x0a600000 + i), BePort(40000), BePort(443), IpProtocol.Tcp),
        "service grid" => new(Be(0x0a000000 + (i & 63)), Be(0x0a600000 + (i >> 6 & 63)), BePort(32768 + (i >> 12)), BePort(443), IpProtocol.Tcp),
        "zones" => new(Be(0x0a000001), Be(0x0a60000a), BePort(40000), BePort(443), IpProtocol.Udp, (ushort)i),
        _ => new(i, 0, 0, 0, 0),
    };

    /// <summary>The same flow with both addresses at the end of a fixed prefix.</summary>
    private static FlowKeyV6 KeyV6(FlowKeyV4 key) => new(
        Address(key.SourceBe), Address(key.DestinationBe), key.SourcePortBe, key.DestinationPortBe, key.Protocol, key.Zone);

    private static IPv6Address Address(uint lastBe)
    {
        Span<byte> bytes = [0xfd, 0, 0, 0x10, 0, 0x96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        MemoryMarshal.Write(bytes[12..], lastBe);
        return new(bytes);
    }

    private static double ChiSquare(ReadOnlySpan<int> buckets)
    {
        double expected = 65536.0 / buckets.Length, sum = 0;
        foreach (int count in buckets)
            sum += (count - expected) * (count - expected) / expected;
        return sum;
    }

    private static uint Be(uint host) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(host) : host;

    private static ushort BePort(uint host) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness((ushort)host) : (ushort)host;
}
