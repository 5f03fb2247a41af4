using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using DatapathKernels.Maps;
using DatapathKernels.Packets;
using DatapathKernels.Simd;
using DatapathKernels.Tests.Oracles;
using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>Both route tables under random insertions, deletions and lookups at every load from empty to full.</summary>
public class RouteStressTests
{
    private const int Capacity = 1000;

    private static readonly int[] s_lengthsV4 = [0, 12, 15, 16, 19, 20, 22, 23, 24, 25, 26, 28, 30, 31, 32];
    private static readonly int[] s_lengthsV6 = [0, 16, 17, 24, 31, 32, 48, 63, 64, 65, 96, 127, 128];

    [Fact]
    public void IPv4()
    {
        using RouteTableV4 table = new(Capacity, groups: 256);
        uint[] asked = new uint[70], hops = new uint[70];
        Drive(table, MapStress.Scaled(1_000_000), changes: 40, s_lengthsV4, AddressV4, Lookup, addresses =>
        {
            for (int i = 0; i < asked.Length; i++)
                asked[i] = Be(addresses[i]);
            table.LookupBurst(asked, hops);
            for (int i = 0; i < asked.Length; i++)
                Assert.Equal(Lookup(addresses[i]) ?? RouteTable.NoRoute, hops[i]);
        });

        uint? Lookup(UInt128 address) => table.TryLookup(Be(address), out uint hop) ? hop : null;
    }

    [Fact]
    public void IPv6()
    {
        using RouteTableV6 table = new(Capacity, groups: 1024);
        IPv6Address[] asked = new IPv6Address[70];
        uint[] hops = new uint[70];
        Drive(table, MapStress.Scaled(1_000_000), changes: 40, s_lengthsV6, AddressV6, Lookup, addresses =>
        {
            for (int i = 0; i < asked.Length; i++)
                asked[i] = Packet(addresses[i]);
            table.LookupBurst(asked, hops);
            for (int i = 0; i < asked.Length; i++)
                Assert.Equal(Lookup(addresses[i]) ?? RouteTable.NoRoute, hops[i]);
        });

        uint? Lookup(UInt128 address) => table.TryLookup(Packet(address), out uint hop) ? hop : null;
    }

    [Fact]
    public void IPv4_bursts_equal_singles_on_every_width_and_for_every_length()
    {
        Random random = new(8);
        using RouteTableV4 table = new(Capacity + 1, groups: 256);
        for (int i = 0; i < Capacity; i++)
        {
            int length = s_lengthsV4[1 + random.Next(s_lengthsV4.Length - 1)];
            table.Insert(Network(RouteLengths.First(AddressV4(random), length), length, 4), (uint)i);
        }

        uint[] addresses = [.. Enumerable.Range(0, 200).Select(i => i % 5 == 0 ? (uint)random.Next() : Be(AddressV4(random)))];
        for (int withDefault = 0; withDefault < 2; withDefault++)
        {
            Widths<NativeIsa>(table, addresses);
            Widths<Isa256>(table, addresses);
            Widths<Isa128>(table, addresses);
            Widths<ScalarIsa>(table, addresses);
            Assert.Equal(MapError.Ok, table.Insert(IPNetwork.Parse("0.0.0.0/0"), RouteTable.MaxNextHop));
        }
    }

    private static void Widths<TIsa>(RouteTableV4 table, uint[] addresses)
        where TIsa : struct, IIsa
    {
        uint[] hops = new uint[201];
        for (int length = 0; length <= addresses.Length; length++)
        {
            hops.AsSpan().Fill(77);
            table.LookupBurst<TIsa>(addresses.AsSpan(addresses.Length - length), hops);
            for (int i = 0; i < length; i++)
            {
                bool routed = table.TryLookup(addresses[addresses.Length - length + i], out uint hop);
                Assert.Equal((routed, hop), (hops[i] != RouteTable.NoRoute, hops[i]));
            }

            Assert.Equal(77u, hops[length]);
        }
    }

    /// <summary>As many of a hundred operations are changes as <paramref name="changes"/> says; an IPv6 /16 may cover hundreds of groups.</summary>
    private static void Drive(RouteTable table, int operations, int changes, int[] lengths, Func<Random, UInt128> draw, Func<UInt128, uint?> lookup, Action<UInt128[]> burst)
    {
        Random random = new(6);
        RouteLengths oracle = new();
        UInt128[] recent = new UInt128[70];
        bool wasFull = false;
        for (int i = 0; i < operations; i++)
        {
            double target = Capacity * (0.5 - (0.6 * Math.Cos(4 * Math.PI * i / operations)));
            UInt128 address = draw(random);
            recent[i % recent.Length] = address;
            if (random.Next(100) < changes)
                Change(table, oracle, random, address, lengths[random.Next(lengths.Length)], insert: random.Next(10) == 0 != (oracle.Count < target));
            else if (lookup(address) != oracle.Lookup(address))
                Assert.Fail($"operation {i}, {address:x32}: {lookup(address)}, expected {oracle.Lookup(address)}");
            wasFull |= oracle.Count == Capacity;
            if (i % 1000 == 999)
                burst(recent);
            if (i % (operations / 10) == 0)
                Walk(table, oracle);
        }

        Walk(table, oracle);
        Assert.True(wasFull);
    }

    private static void Change(RouteTable table, RouteLengths oracle, Random random, UInt128 address, int length, bool insert)
    {
        UInt128 bits = RouteLengths.First(address, length);
        IPNetwork network = Network(bits, length, table is RouteTableV4 ? 4 : 16);
        if (!insert)
        {
            bool known = oracle.Delete(bits, length);
            if (table.Delete(network) != (known ? MapError.Ok : MapError.NotFound))
                Assert.Fail($"delete of {network}: expected {known}");
            return;
        }

        uint hop = (uint)random.NextInt64(RouteTable.MaxNextHop + 1L);
        MapError expected = !oracle.Has(bits, length) && oracle.Count == Capacity ? MapError.NoSpace : MapError.Ok;
        MapError error = table.Insert(network, hop);
        if (error != expected)
            Assert.Fail($"insertion of {network}: {error}, expected {expected}");
        if (error == MapError.Ok)
            oracle.Insert(bits, length, hop);
    }

    private static void Walk(RouteTable table, RouteLengths oracle)
    {
        Assert.Equal(oracle.Count, table.Count);
        HashSet<IPNetwork> met = [];
        for (MapError found = table.GetNextRoute(null, out IPNetwork route); found == MapError.Ok; found = table.GetNextRoute(route, out route))
            Assert.True(met.Add(route) && oracle.Has(Bits(route.BaseAddress), route.PrefixLength));
        Assert.Equal(oracle.Count, met.Count);
    }

    // 64 blocks of 256 addresses: routes nest, meet and repeat.
    private static UInt128 AddressV4(Random random) => (UInt128)(0x0a000000u | (uint)(random.Next(4) << 16) | (uint)(random.Next(16) << 8) | (uint)random.Next(256)) << 96;

    private static UInt128 AddressV6(Random random) =>
        new(0xfd00_0000_0000_0000 | ((ulong)random.NextInt64(2) << 48) | ((ulong)random.NextInt64(4) << 32) | (ulong)random.NextInt64(4), ((ulong)random.NextInt64(4) << 62) | (ulong)random.NextInt64(256));

    private static uint Be(UInt128 address) => MemoryMarshal.Read<uint>(Bytes(address));

    private static IPv6Address Packet(UInt128 address) => new(Bytes(address));

    private static IPNetwork Network(UInt128 bits, int length, int bytes) => new(new IPAddress(Bytes(bits).AsSpan(0, bytes)), length);

    private static byte[] Bytes(UInt128 address)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, address);
        return bytes;
    }

    private static UInt128 Bits(IPAddress address)
    {
        byte[] bytes = new byte[16];
        address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
