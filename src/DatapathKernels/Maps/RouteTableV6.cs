using System.Net.Sockets;
using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;

namespace DatapathKernels.Maps;

/// <summary>
/// IPv6 routes up to /128: a first level of 16 bits and groups of 8 bits below. One load for each level down to the longest
/// prefix at the address: five for a /48, seven for a /64.
/// </summary>
/// <remarks>320 KiB and 1.25 KiB a group; a route of n bits in an empty table takes (n - 16) / 8 groups, rounded up.</remarks>
public sealed unsafe class RouteTableV6 : RouteTable
{
    private const int RootBits = 16, Chunk = 32;

    /// <summary>Makes an empty table.</summary>
    /// <param name="capacity">The most routes it will hold, 1 to <see cref="RouteTable.MaxCapacity"/>.</param>
    /// <param name="groups">The most groups of 256 entries; null is room for routes that share little: two a route, and at least 64.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such capacity.</exception>
    public RouteTableV6(int capacity, int? groups = null)
        : base(AddressFamily.InterNetworkV6, capacity, groups ?? (int)Math.Min(Math.Max(capacity * 2L, 64), MaxCapacity), RootBits)
    {
    }

    /// <summary>Finds the next hop of an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="nextHop">The next hop of the longest prefix that holds it.</param>
    /// <returns>False when none does.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool TryLookup(in IPv6Address address, out uint nextHop)
    {
        nextHop = PrefixTree.NextHopOf(EntryOf(address), Default);
        return nextHop != NoRoute;
    }

    /// <summary>Looks up every address, level by level, so that the loads of a level overlap: the same as one by one.</summary>
    /// <param name="addresses">The addresses.</param>
    /// <param name="nextHops">Receives one next hop an address; <see cref="RouteTable.NoRoute"/> where there is no route.</param>
    /// <exception cref="ArgumentException">Fewer places than addresses.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public void LookupBurst(ReadOnlySpan<IPv6Address> addresses, Span<uint> nextHops)
    {
        if (nextHops.Length < addresses.Length)
            Throw.Argument(nameof(nextHops), "expected room for one next hop an address");
        _ = Tree.Root;
        for (; !addresses.IsEmpty; addresses = addresses[Math.Min(Chunk, addresses.Length)..])
        {
            int count = Math.Min(Chunk, addresses.Length);
            LookupChunk(addresses[..count], nextHops);
            nextHops = nextHops[count..];
        }
    }

    private void LookupChunk(ReadOnlySpan<IPv6Address> addresses, Span<uint> nextHops)
    {
        int version = Tree.Version;
        uint* root = Tree.Root, groups = Tree.Groups;
        Span<uint> entries = nextHops[..addresses.Length];
        ulong deeper = 0;
        // SAFE: 16 bits index the root's 2^16 entries; a group number comes from an entry, a byte indexes a group
        for (int i = 0; i < addresses.Length; i++)
        {
            entries[i] = Volatile.Read(ref root[FirstIndex(addresses[i])]);
            deeper |= (ulong)(entries[i] >> 31) << i;
        }

        for (int level = RootBits / 8; level < 16 && deeper != 0; level++)
        {
            for (ulong rest = deeper; rest != 0; rest &= rest - 1)
            {
                int i = System.Numerics.BitOperations.TrailingZeroCount(rest);
                uint entry = Volatile.Read(ref groups[PrefixTree.FirstOf(entries[i]) + ByteOf(addresses[i], level)]);
                entries[i] = entry;
                deeper ^= (ulong)(~entry >> 31) << i;
            }
        }

        bool moved = version != Tree.Version;
        uint otherwise = Default;
        for (int i = 0; i < addresses.Length; i++)
            entries[i] = PrefixTree.NextHopOf(moved ? EntryOf(addresses[i]) : entries[i], otherwise);
    }

    // The walk ends at the sixteenth byte at the latest: no route is longer than 128 bits, so no entry there has a group. A group
    // taken again while the walk is inside might mislead it further: the level bounds it.
    private uint EntryOf(in IPv6Address address)
    {
        while (true)
        {
            int version = Tree.Version;
            uint entry = Volatile.Read(ref Tree.Root[FirstIndex(address)]);
            for (int level = RootBits / 8; level < 16 && (int)entry < 0; level++)
                entry = Volatile.Read(ref Tree.Groups[PrefixTree.FirstOf(entry) + ByteOf(address, level)]);
            if (version == Tree.Version)
                return entry;
        }
    }

    private static nuint FirstIndex(in IPv6Address address) => ((nuint)ByteOf(address, 0) << 8) | ByteOf(address, 1);

    // SAFE: an address has 16 bytes and index is below that
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte ByteOf(in IPv6Address address, int index) =>
        Unsafe.Add(ref Unsafe.As<IPv6Address, byte>(ref Unsafe.AsRef(in address)), index);
}
