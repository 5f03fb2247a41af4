using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

/// <summary>
/// IPv4 routes: DIR-24-8 (Gupta, Lin, McKeown, INFOCOM 1998). One load for an address whose longest prefix has up to 24 bits,
/// two for the others.
/// </summary>
/// <remarks>
/// <para>80 MiB, whatever the number of routes (64 MiB of entries, of which lookups touch the lines they need), and 1.25 KiB a group.</para>
/// <para>
/// <b>Why not a smaller table.</b> Two were tried: nodes of 8 bytes for 32 blocks of 256 addresses, a bit for each change
/// of the next hop and the rank of an address's bit into packed leaves, as poptrie and DXR have them (13 MiB for 900,000
/// routes), and one cache line for 64 blocks with the leaves inside it (16 MiB). Both took longer, with 5,000 routes and with
/// 900,000, on a machine whose L3 others use too: the work between two dependent loads fills the core's scheduler, so that
/// fewer lookups wait for memory at a time, and that counts for more than the lines saved. What counts is how few
/// instructions stand behind a load: see <c>LookupChunk</c>.
/// </para>
/// </remarks>
public sealed unsafe partial class RouteTableV4 : RouteTable
{
    private const int RootBits = 24, Chunk = 64;

    private uint* _root;

    /// <summary>Makes an empty table.</summary>
    /// <param name="capacity">The most routes it will hold, 1 to <see cref="RouteTable.MaxCapacity"/>.</param>
    /// <param name="groups">The most blocks of 256 addresses that may have routes longer than 24 bits.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such capacity.</exception>
    public RouteTableV4(int capacity, int groups = 4096)
        : base(AddressFamily.InterNetwork, capacity, groups, RootBits, buckets: false) => _root = Tree.Root;

    private uint* Root
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            uint* root = _root;
            if (root == null)
                Throw.Disposed(nameof(RouteTableV4));
            return root;
        }
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
        uint entry = EntryOf(Root, address);
        nextHop = entry - 1;
        if ((int)entry <= 0)
            nextHop = entry == 0 ? Default : InGroup(address);
        GC.KeepAlive(this);
        return nextHop != NoRoute;
    }

    /// <summary>Looks up every address: the same as one by one. Loads of different addresses overlap, those of two calls too.</summary>
    /// <param name="addressesBe">The addresses, network byte order.</param>
    /// <param name="nextHops">Receives one next hop an address; <see cref="RouteTable.NoRoute"/> where there is no route. Not the addresses' own memory.</param>
    /// <exception cref="ArgumentException">Fewer places than addresses.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public void LookupBurst(ReadOnlySpan<uint> addressesBe, Span<uint> nextHops) => LookupBurst<NativeIsa>(addressesBe, nextHops);

    private protected override void Forget() => _root = null;

    /// <summary>The next hop of an address whose block has longer routes; asked again when a group was taken meanwhile.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private uint InGroup(uint address)
    {
        while (true)
        {
            int version = Tree.Version;
            uint entry = EntryOf(Tree.Root, address);
            if ((int)entry < 0)
                entry = Volatile.Read(ref Tree.Groups[PrefixTree.FirstOf(entry) + (byte)address]);
            if (version == Tree.Version)
                return PrefixTree.NextHopOf(entry, Default);
        }
    }

    // SAFE: 24 bits index the root's 2^24 entries
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint EntryOf(uint* root, uint address) => Volatile.Read(ref root[address >> 8]);

    private static uint Host(uint be) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(be) : be;
}
