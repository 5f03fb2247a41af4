using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using DatapathKernels.Maps;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using DatapathKernels.Tests.Oracles;
using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>Both route tables against a walk over all routes, the longest match wins.</summary>
public class RouteTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void IPv4_under_random_updates(int seed)
    {
        Random random = new(seed);
        using RouteTableV4 table = new(400, groups: 64);
        Drive(table, random, v6: false, address =>
        {
            uint be = MemoryMarshal.Read<uint>(address.GetAddressBytes());
            return table.TryLookup(be, out uint hop) ? hop : null;
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void IPv6_under_random_updates(int seed)
    {
        Random random = new(seed);
        using RouteTableV6 table = new(400);
        Drive(table, random, v6: true, address => table.TryLookup(new IPv6Address(address.GetAddressBytes()), out uint hop) ? hop : null);
    }

    [CorpusFact]
    public void A_thousand_routes_of_a_peer_in_and_out_again()
    {
        JsonElement file = JsonDocument.Parse(File.ReadAllText(Corpus.PathOf("peers", "dpdk", "lpm6_routes.json"))).RootElement;
        (IPNetwork Network, uint Hop)[] routes = [.. file.GetProperty("routes").EnumerateArray().Select(r => (NetworkOf(r[0].GetString()!, r[1].GetInt32()), r[2].GetUInt32()))];
        using RouteTableV6 table = new(routes.Length, groups: 16_384);
        RouteOracle oracle = new();
        foreach ((IPNetwork network, uint hop) in routes)
        {
            Assert.Equal(MapError.Ok, table.Insert(network, hop));
            oracle.Insert(network, hop);
        }

        Random random = new(4);
        Check();
        foreach ((IPNetwork network, _) in routes.Where((_, i) => i % 2 == 0))
        {
            Assert.Equal(oracle.Delete(network) ? MapError.Ok : MapError.NotFound, table.Delete(network));
        }

        Check();
        foreach ((IPNetwork network, _) in routes)
            table.Delete(network);
        Assert.Equal((0, 0), (table.Count, table.GroupsInUse));

        void Check()
        {
            foreach ((IPNetwork network, _) in routes)
            {
                IPAddress address = Inside(network, random);
                Assert.Equal(oracle.Lookup(address), table.TryLookup(new IPv6Address(address.GetAddressBytes()), out uint hop) ? hop : null);
            }
        }
    }

    [Fact]
    public void Errors_come_in_the_tries_order()
    {
        using RouteTableV4 table = new(2, groups: 1);
        Assert.Equal(MapError.Invalid, table.Insert(IPNetwork.Parse("10.0.0.0/8"), 1, (MapUpdate)3));
        Assert.Equal(MapError.Invalid, table.Insert(IPNetwork.Parse("fd00::/8"), 1));
        Assert.Equal(MapError.Invalid, table.Insert(IPNetwork.Parse("10.0.0.0/8"), RouteTable.MaxNextHop + 1));
        Assert.Equal(MapError.NotFound, table.Insert(IPNetwork.Parse("10.0.0.0/8"), 1, MapUpdate.Exist));
        Assert.Equal(MapError.Ok, table.Insert(IPNetwork.Parse("10.0.0.0/8"), 1, MapUpdate.NoExist));
        Assert.Equal(MapError.Exists, table.Insert(IPNetwork.Parse("10.0.0.0/8"), 2, MapUpdate.NoExist));
        Assert.Equal(MapError.Ok, table.Insert(IPNetwork.Parse("10.1.1.128/25"), 2));
        Assert.Equal(MapError.NoSpace, table.Insert(IPNetwork.Parse("10.2.0.0/16"), 3));
        Assert.Equal(MapError.Ok, table.Insert(IPNetwork.Parse("10.0.0.0/8"), 4));
        Assert.Equal(MapError.NotFound, table.Delete(IPNetwork.Parse("10.0.0.0/9")));
        Assert.Equal((MapError.Ok, 4u), (table.Get(IPNetwork.Parse("10.0.0.0/8"), out uint hop), hop));
        Assert.Equal(MapError.Ok, table.Delete(IPNetwork.Parse("10.0.0.0/8")));
        Assert.Equal(MapError.NoSpace, table.Insert(IPNetwork.Parse("10.1.2.0/25"), 5));
    }

    [Fact]
    public void Impossible_sizes_name_the_limit()
    {
        Assert.Contains("16777216", Assert.Throws<ArgumentOutOfRangeException>(() => new RouteTableV4(0)).Message, StringComparison.Ordinal);
        Assert.Contains("16777216", Assert.Throws<ArgumentOutOfRangeException>(() => new RouteTableV6((1 << 24) + 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bursts_equal_singles_for_every_length_and_allocate_nothing()
    {
        Random random = new(5);
        using RouteTableV4 v4 = new(300);
        using RouteTableV6 v6 = new(300);
        for (int i = 0; i < 300; i++)
        {
            v4.Insert(RandomNetwork(random, v6: false), (uint)i);
            v6.Insert(RandomNetwork(random, v6: true), (uint)i);
        }

        uint[] addresses = [.. Enumerable.Range(0, 200).Select(_ => MemoryMarshal.Read<uint>(RandomAddress(random, false).GetAddressBytes()))];
        IPv6Address[] addresses6 = [.. Enumerable.Range(0, 200).Select(_ => new IPv6Address(RandomAddress(random, true).GetAddressBytes()))];
        uint[] hops = new uint[200];
        for (int length = 0; length <= 200; length++)
        {
            v4.LookupBurst(addresses.AsSpan(0, length), hops);
            for (int i = 0; i < length; i++)
                Assert.Equal(v4.TryLookup(addresses[i], out uint hop) ? hop : RouteTable.NoRoute, hops[i]);
            v6.LookupBurst(addresses6.AsSpan(0, length), hops);
            for (int i = 0; i < length; i++)
                Assert.Equal(v6.TryLookup(addresses6[i], out uint hop) ? hop : RouteTable.NoRoute, hops[i]);
        }

        Allocation.IsZero(() => v4.LookupBurst(addresses, hops));
        Allocation.IsZero(() => v6.LookupBurst(addresses6, hops));
        Assert.Throws<ArgumentException>(() => v4.LookupBurst(addresses, hops.AsSpan(1)));
    }

    /// <summary>
    /// Longer routes flap beside a shorter one that stays: a reader finds one or the other and nothing else, although groups
    /// are given back and taken again all the time.
    /// </summary>
    [Fact]
    public void Readers_beside_a_writer_find_the_old_route_or_the_new_one()
    {
        using RouteTableV6 table = new(64, groups: 40);
        table.Insert(IPNetwork.Parse("fd00::/16"), 1);
        IPNetwork[] flapping = [IPNetwork.Parse("fd00:1::/64"), IPNetwork.Parse("fd00:2::/64"), IPNetwork.Parse("fd00:1:0:0:8000::/66")];
        IPv6Address first = new(IPAddress.Parse("fd00:1::8000:0:0:1").GetAddressBytes()), second = new(IPAddress.Parse("fd00:2::1").GetAddressBytes());
        bool done = false;
        int wrong = 0;
        Thread reader = new(() =>
        {
            while (!Volatile.Read(ref done))
            {
                if (!table.TryLookup(first, out uint a) || a is not (1 or 10 or 12))
                    wrong++;
                if (!table.TryLookup(second, out uint b) || b is not (1 or 11))
                    wrong++;
            }
        });
        reader.IsBackground = true;
        reader.Start();
        for (int round = 0; round < 10_000; round++)
        {
            int i = round % 3;
            Assert.Equal(MapError.Ok, table.Insert(flapping[i], (uint)(10 + i)));
            Assert.Equal(MapError.Ok, table.Delete(flapping[i]));
        }

        Volatile.Write(ref done, true);
        reader.Join();
        Assert.Equal((0, 0), (wrong, table.GroupsInUse));
    }

    [Fact]
    public void After_dispose_every_call_throws()
    {
        RouteTableV4 v4 = new(4);
        RouteTableV6 v6 = new(4);
        v4.Dispose();
        v6.Dispose();
        v6.Dispose();
        Assert.Throws<ObjectDisposedException>(() => v4.TryLookup(0, out _));
        Assert.Throws<ObjectDisposedException>(() => v4.LookupBurst([1], new uint[1]));
        Assert.Throws<ObjectDisposedException>(() => v6.TryLookup(default, out _));
        Assert.Throws<ObjectDisposedException>(() => v6.LookupBurst([default], new uint[1]));
        Assert.Throws<ObjectDisposedException>(() => v4.Insert(IPNetwork.Parse("10.0.0.0/8"), 1));
        Assert.Throws<ObjectDisposedException>(() => v6.Delete(IPNetwork.Parse("fd00::/8")));
    }

    [Fact]
    public void Memory_is_reported_and_does_not_grow()
    {
        using RouteTableV4 table = new(1000, groups: 10);
        long bytes = table.MemoryBytes;
        Assert.InRange(bytes, (80L << 20) + 10 * 1280, (80L << 20) + 200_000);
        table.Insert(IPNetwork.Parse("10.0.0.1/32"), 1);
        Assert.Equal(bytes, table.MemoryBytes);
    }

    private static void Drive(RouteTable table, Random random, bool v6, Func<IPAddress, uint?> lookup)
    {
        RouteOracle oracle = new();
        for (int step = 0; step < 6_000; step++)
        {
            IPNetwork network = RandomNetwork(random, v6);
            if (random.Next(5) < 3)
            {
                uint hop = (uint)random.Next(1 << 30);
                MapError inserted = table.Insert(network, hop);
                if (inserted == MapError.Ok)
                    oracle.Insert(network, hop);
                else
                    Assert.Equal(MapError.NoSpace, inserted);
            }
            else
            {
                Assert.Equal(oracle.Delete(network) ? MapError.Ok : MapError.NotFound, table.Delete(network));
            }

            IPAddress address = random.Next(2) == 0 ? Inside(network, random) : RandomAddress(random, v6);
            Assert.Equal(oracle.Lookup(address), lookup(address));
        }

        Assert.Equal(oracle.Count, table.Count);
        HashSet<IPNetwork> walked = [];
        for (MapError found = table.GetNextRoute(null, out IPNetwork route); found == MapError.Ok; found = table.GetNextRoute(route, out route))
            Assert.True(walked.Add(route));
        Assert.True(walked.SetEquals(oracle.Networks));
    }

    // Out of a small world, so that routes nest, repeat and meet the addresses asked for.
    private static IPNetwork RandomNetwork(Random random, bool v6)
    {
        int[] lengths = v6 ? [0, 3, 16, 17, 24, 31, 32, 48, 63, 64, 65, 96, 127, 128] : [0, 12, 15, 16, 23, 24, 25, 30, 31, 32];
        return NetworkOf(RandomAddress(random, v6).ToString(), lengths[random.Next(lengths.Length)]);
    }

    private static IPAddress RandomAddress(Random random, bool v6)
    {
        byte[] bytes = new byte[v6 ? 16 : 4];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(i == 0 ? (v6 ? 0xfd : 10) : random.Next(4) == 0 ? random.Next(4) << 6 : 0);
        if (random.Next(20) == 0)
            bytes[0] = (byte)random.Next(256);
        return new IPAddress(bytes);
    }

    private static IPAddress Inside(IPNetwork network, Random random)
    {
        byte[] bytes = network.BaseAddress.GetAddressBytes();
        for (int bit = network.PrefixLength; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] |= (byte)(random.Next(2) << (7 - (bit % 8)));
        return new IPAddress(bytes);
    }

    private static IPNetwork NetworkOf(string address, int length)
    {
        byte[] bytes = IPAddress.Parse(address).GetAddressBytes();
        for (int bit = length; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(1 << (7 - (bit % 8)));
        return new IPNetwork(new IPAddress(bytes), length);
    }
}
