using System.Buffers.Binary;
using System.Net;
using DatapathKernels.Maps;
using DatapathKernels.Packets;
using DatapathKernels.Simd;
using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>What is the IPv6 table's own: buckets that become groups and back, both sizes of the first level, all 129 lengths.</summary>
public class RouteTableV6Tests
{
    private static readonly UInt128 s_address = new(0x2001_0db8_a5a5_5a5a, 0x0f0f_f0f0_3c3c_c3c3);

    [Theory]
    [InlineData(200)]
    [InlineData(RouteTableV6.LargeCapacity)]
    public void All_129_lengths_nest(int capacity)
    {
        using RouteTableV6 table = new(capacity);
        int[] lengths = [.. Enumerable.Range(0, 129)];
        Random random = new(2);
        random.Shuffle(lengths);
        HashSet<int> known = [];
        foreach (int length in lengths)
        {
            Assert.Equal(MapError.Ok, table.Insert(Network(s_address, length), (uint)length));
            known.Add(length);
            CheckNested(table, known);
        }

        random.Shuffle(lengths);
        foreach (int length in lengths)
        {
            Assert.Equal(MapError.Ok, table.Delete(Network(s_address, length)));
            known.Remove(length);
            CheckNested(table, known);
        }

        Assert.Equal((0, 0), (table.Count, table.GroupsInUse));
    }

    [Theory]
    [InlineData(64, 14)]
    [InlineData(RouteTableV6.LargeCapacity, 13)]
    public void Five_hosts_of_one_block_take_a_group_for_every_eight_bits_they_share(int capacity, int groups)
    {
        for (int room = groups - 1; room <= groups; room++)
        {
            using RouteTableV6 table = new(capacity, room);
            for (uint host = 0; host < 4; host++)
                Assert.Equal(MapError.Ok, table.Insert(Network(s_address + host, 128), host));
            Assert.Equal(0, table.GroupsInUse);
            bool fits = room == groups;
            Assert.Equal(fits ? MapError.Ok : MapError.NoSpace, table.Insert(Network(s_address + 4, 128), 4));
            Assert.Equal((fits ? groups : 0, fits ? 5 : 4), (table.GroupsInUse, table.Count));
            for (uint host = 0; host < 6; host++)
                Assert.Equal(host < table.Count ? host : null, Lookup(table, s_address + host));

            // A known route needs no room.
            Assert.Equal(MapError.Ok, table.Insert(Network(s_address, 128), 77));
            Assert.Equal(77u, Lookup(table, s_address));
        }
    }

    [Fact]
    public void Groups_go_when_their_routes_fit_one_bucket_again()
    {
        using RouteTableV6 table = new(64);
        for (uint i = 0; i < 5; i++)
            Assert.Equal(MapError.Ok, table.Insert(Network(s_address + ((UInt128)i << 40), 100), i));
        Assert.True(table.GroupsInUse > 0);
        for (uint i = 4; i >= 1; i--)
            Assert.Equal(MapError.Ok, table.Delete(Network(s_address + ((UInt128)i << 40), 100)));
        Assert.Equal((1, 0), (table.Count, table.GroupsInUse));
        Assert.Equal(0u, Lookup(table, s_address));
    }

    [Theory]
    [InlineData(4000)]
    [InlineData(RouteTableV6.LargeCapacity)]
    public void Bursts_equal_singles_on_every_width_and_for_every_length(int capacity)
    {
        Random random = new(8);
        using RouteTableV6 table = new(capacity);
        for (int i = 0; i < 3000; i++)
            table.Insert(Network(Random(random), 10 + random.Next(119)), (uint)i);
        IPv6Address[] addresses = [.. Enumerable.Range(0, 200).Select(_ => Packet(Random(random)))];
        for (int withDefault = 0; withDefault < 2; withDefault++)
        {
            Widths<NativeIsa>(table, addresses);
            Widths<Isa256>(table, addresses);
            Widths<Isa128>(table, addresses);
            Widths<ScalarIsa>(table, addresses);
            Assert.Equal(MapError.Ok, table.Insert(IPNetwork.Parse("::/0"), RouteTable.MaxNextHop));
        }
    }

    private static void Widths<TIsa>(RouteTableV6 table, IPv6Address[] addresses)
        where TIsa : struct, IIsa
    {
        uint[] hops = new uint[201];
        for (int length = 0; length <= addresses.Length; length++)
        {
            hops.AsSpan().Fill(77);
            table.LookupBurst<TIsa>(addresses.AsSpan(addresses.Length - length), hops);
            for (int i = 0; i < length; i++)
            {
                IPv6Address address = addresses[addresses.Length - length + i];
                bool routed = table.TryLookup(address, out uint hop);
                Assert.Equal((routed, hop), (hops[i] != RouteTable.NoRoute, hops[i]));
                Assert.Equal((routed, hop), (table.TryLookup<TIsa>(address, out uint again), again));
            }

            Assert.Equal(77u, hops[length]);
        }
    }

    /// <summary>An address that leaves the common one at each bit in turn has the longest known route up to that bit.</summary>
    private static void CheckNested(RouteTableV6 table, HashSet<int> known)
    {
        for (int bit = 0; bit <= 128; bit++)
        {
            UInt128 address = bit == 128 ? s_address : s_address ^ (UInt128.One << (127 - bit));
            int longest = known.Where(length => length <= bit).DefaultIfEmpty(-1).Max();
            Assert.Equal(longest < 0 ? null : (uint)longest, Lookup(table, address));
        }
    }

    // Few bits of each byte, so that routes nest and some parts of the space are crowded.
    private static UInt128 Random(Random random)
    {
        UInt128 address = 0x20;
        for (int i = 1; i < 16; i++)
            address = (address << 8) | (UInt128)(random.Next(4) == 0 ? random.Next(256) : 0);
        return address;
    }

    private static uint? Lookup(RouteTableV6 table, UInt128 address) => table.TryLookup(Packet(address), out uint hop) ? hop : null;

    private static IPv6Address Packet(UInt128 address) => new(Bytes(address));

    private static IPNetwork Network(UInt128 address, int length) => new(new IPAddress(Bytes(RoutePrefix.Of(address, length).Bits)), length);

    private static byte[] Bytes(UInt128 address)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, address);
        return bytes;
    }
}
