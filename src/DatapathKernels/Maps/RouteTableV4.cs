using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

/// <summary>
/// IPv4 routes: DIR-24-8 (Gupta, Lin, McKeown, INFOCOM 1998). One load for an address whose longest prefix has up to 24 bits,
/// two for the others.
/// </summary>
/// <remarks>80 MiB, whatever the number of routes (64 MiB of entries, of which lookups touch the lines they need), and 1.25 KiB a group.</remarks>
public sealed unsafe class RouteTableV4 : RouteTable
{
    private const int RootBits = 24, Chunk = 64;

    /// <summary>Makes an empty table.</summary>
    /// <param name="capacity">The most routes it will hold, 1 to <see cref="RouteTable.MaxCapacity"/>.</param>
    /// <param name="groups">The most blocks of 256 addresses that may have routes longer than 24 bits.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such capacity.</exception>
    public RouteTableV4(int capacity, int groups = 4096)
        : base(AddressFamily.InterNetwork, capacity, groups, RootBits)
    {
    }

    /// <summary>Finds the next hop of an address. Cost: one or two loads.</summary>
    /// <param name="addressBe">The address, network byte order, as it stands in a packet or a flow key.</param>
    /// <param name="nextHop">The next hop of the longest prefix that holds it.</param>
    /// <returns>False when none does.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryLookup(uint addressBe, out uint nextHop)
    {
        uint address = Host(addressBe);
        // SAFE: 24 bits index the root's 2^24 entries
        uint entry = Volatile.Read(ref Tree.Root[address >> 8]);
        if ((int)entry < 0)
            entry = InGroup(address);
        nextHop = (entry & PrefixTree.HasRoute) != 0 ? entry & PrefixTree.PayloadMask : Default;
        return nextHop != NoRoute;
    }

    /// <summary>Looks up every address: the same as one by one. Loads of different addresses overlap.</summary>
    /// <param name="addressesBe">The addresses, network byte order.</param>
    /// <param name="nextHops">Receives one next hop an address; <see cref="RouteTable.NoRoute"/> where there is no route.</param>
    /// <exception cref="ArgumentException">Fewer places than addresses.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public void LookupBurst(ReadOnlySpan<uint> addressesBe, Span<uint> nextHops)
    {
        if (nextHops.Length < addressesBe.Length)
            Throw.Argument(nameof(nextHops), "expected room for one next hop an address");
        uint* root = Tree.Root;
        uint otherwise = Default;
        ref uint to = ref MemoryMarshal.GetReference(nextHops);
        ref uint from = ref MemoryMarshal.GetReference(addressesBe);
        for (int done = 0; done < addressesBe.Length; done += Chunk)
        {
            int end = Math.Min(done + Chunk, addressesBe.Length);
            // SAFE: 24 bits index the root's 2^24 entries; i is below both lengths
            for (int i = done; i < end; i++)
                Prefetch.Read(root + (Host(Unsafe.Add(ref from, i)) >> 8));
            for (int i = done; i < end; i++)
            {
                uint address = Host(Unsafe.Add(ref from, i));
                uint entry = Volatile.Read(ref root[address >> 8]);
                if ((int)entry < 0)
                    entry = InGroup(address);

                // HasRoute moves to bit 31 and spreads: a choice without a branch.
                uint found = (uint)((int)(entry << 1) >> 31);
                Unsafe.Add(ref to, i) = (entry & PrefixTree.PayloadMask & found) | (otherwise & ~found);
            }
        }
    }

    /// <summary>The entry of an address whose block has longer routes; asked again when a group was taken meanwhile.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint InGroup(uint address)
    {
        while (true)
        {
            int version = Tree.Version;
            uint entry = Volatile.Read(ref Tree.Root[address >> 8]);
            if ((entry & PrefixTree.HasGroup) != 0)
                entry = Volatile.Read(ref Tree.Groups[((nuint)(entry & PrefixTree.PayloadMask) * PrefixTree.GroupSize) + (byte)address]);
            if (version == Tree.Version)
                return entry;
        }
    }

    private static uint Host(uint be) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(be) : be;
}
