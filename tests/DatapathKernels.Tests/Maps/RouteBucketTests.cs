using DatapathKernels.Maps;
using DatapathKernels.Simd;
using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>A bucket of up to four routes against a walk over them, on every width.</summary>
public unsafe class RouteBucketTests
{
    private const uint Otherwise = 99;

    [Fact]
    public void The_longest_route_that_holds_an_address_answers()
    {
        Random random = new(3);
        for (int round = 0; round < 20_000; round++)
        {
            RouteBucket bucket = default, copy = default;
            List<(RoutePrefix Prefix, uint Entry)> routes = [];
            for (int i = 0; i < 1 + (round % RouteBucket.Routes); i++)
                Add(ref bucket, routes, RoutePrefix.Of(Address(random), 17 + random.Next(112)), (uint)(i + 1));
            Check(&bucket, routes, random);
            if (routes.Count < 2)
                continue;
            int gone = random.Next(routes.Count);
            copy.CopyWithout(&bucket, bucket.IndexOf(routes[gone].Prefix));
            routes.RemoveAt(gone);
            Check(&copy, routes, random);
        }
    }

    [Theory]
    [InlineData(17)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(127)]
    [InlineData(128)]
    public void A_route_ends_at_its_last_bit(int length)
    {
        UInt128 bits = RoutePrefix.Of(new(0x2001_0db8_1111_2222, 0x3333_4444_5555_7777), length).Bits;
        RouteBucket bucket = default;
        bucket.Start(new(bits, length), 1, Otherwise);
        Assert.Equal(length > 64, bucket.IsLong);
        Assert.Equal((0, length), (bucket.IndexOf(new(bits, length)), bucket.PrefixAt(0).Length));
        Assert.Equal(-1, bucket.IndexOf(new(bits, length - 1)));
        for (int bit = 16; bit < 128; bit++)
        {
            UInt128 address = bits ^ (UInt128.One << (127 - bit));
            Assert.Equal(bit < length ? Otherwise : 1, Entry<NativeIsa>(&bucket, address));
            Assert.Equal(bit < length ? Otherwise : 1, Entry<ScalarIsa>(&bucket, address));
        }
    }

    private static void Add(ref RouteBucket bucket, List<(RoutePrefix Prefix, uint Entry)> routes, RoutePrefix prefix, uint entry)
    {
        if (routes.Any(route => route.Prefix.Length == prefix.Length && route.Prefix.Bits == prefix.Bits))
            return;
        RouteBucket before = bucket;
        if (routes.Count == 0)
            bucket.Start(prefix, entry, Otherwise);
        else
            bucket.CopyWith(&before, prefix, entry);
        routes.Add((prefix, entry));
    }

    private static void Check(RouteBucket* bucket, List<(RoutePrefix Prefix, uint Entry)> routes, Random random)
    {
        Assert.Equal(routes.Count, bucket->Count);
        for (int i = 0; i < 8; i++)
        {
            UInt128 address = i < 4 ? Address(random) : routes[random.Next(routes.Count)].Prefix.Bits | (UInt128)random.Next(4);
            uint expected = routes.Where(route => RoutePrefix.Of(address, route.Prefix.Length).Bits == route.Prefix.Bits)
                .OrderByDescending(route => route.Prefix.Length).Select(route => route.Entry).FirstOrDefault(Otherwise);
            Assert.Equal(expected, Entry<NativeIsa>(bucket, address));
            Assert.Equal(expected, Entry<Isa256>(bucket, address));
            Assert.Equal(expected, Entry<Isa128>(bucket, address));
            Assert.Equal(expected, Entry<ScalarIsa>(bucket, address));
        }
    }

    private static uint Entry<TIsa>(RouteBucket* bucket, UInt128 address)
        where TIsa : struct, IIsa => RouteBucket.EntryOf<TIsa>(bucket, (ulong)(address >> 64), (ulong)address, bucket->IsLong);

    // All in one /16, and few bits of the rest set, so that routes cover one another.
    private static UInt128 Address(Random random) =>
        new(0x2001_0000_0000_0000 | ((ulong)random.Next(4) << 44) | ((ulong)random.Next(2) << 10), ((ulong)random.Next(2) << 63) | ((ulong)random.Next(2) << 20));
}
