using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Packets;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

/// <summary>
/// IPv6 routes up to /128: a first level of 16 bits, or 24 in a large table, and below each of its entries a bucket of up to four
/// routes. Where there are more, a group of 256 entries for the next 8 bits comes between. Two dependent loads for most addresses,
/// of a table of public routes too, and one more for each level of groups.
/// </summary>
/// <remarks>
/// 320 KiB, or 80 MiB from <see cref="LargeCapacity"/> routes on, 132 bytes a route and 1.25 KiB a group. Groups are needed where
/// more than four routes share the first level's bits, or a further 8, 16 and so on, and are longer.
/// </remarks>
public sealed unsafe partial class RouteTableV6 : RouteTable
{
    /// <summary>The capacity from which on the first level has 24 bits: 65,536 routes.</summary>
    public const int LargeCapacity = 1 << 16;

    private const int SmallRootBits = 16, LargeRootBits = 24;

    private readonly int _rootBits;
    private readonly RouteBucket* _buckets;
    private readonly uint* _groups;
    private uint* _root;

    /// <summary>Makes an empty table.</summary>
    /// <param name="capacity">The most routes it will hold, 1 to <see cref="RouteTable.MaxCapacity"/>.</param>
    /// <param name="groups">The most groups of 256 entries; null is room for routes of which many share little: one for four, and at least 64.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such capacity.</exception>
    public RouteTableV6(int capacity, int? groups = null)
        : base(AddressFamily.InterNetworkV6, capacity, groups ?? Math.Max(capacity / 4, 64), capacity < LargeCapacity ? SmallRootBits : LargeRootBits, buckets: true)
    {
        _rootBits = Tree.RootBits;
        _root = Tree.Root;
        _groups = Tree.Groups;
        _buckets = Tree.Buckets;
    }

    private uint* Root
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            uint* root = _root;
            if (root == null)
                Throw.Disposed(nameof(RouteTableV6));
            return root;
        }
    }

    /// <summary>Finds the next hop of an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="nextHop">The next hop of the longest prefix that holds it.</param>
    /// <returns>False when none does.</returns>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public bool TryLookup(in IPv6Address address, out uint nextHop) => TryLookup<NativeIsa>(in address, out nextHop);

    /// <summary>Looks up every address, level by level, so that the loads of a level overlap: the same as one by one.</summary>
    /// <param name="addresses">The addresses.</param>
    /// <param name="nextHops">Receives one next hop an address; <see cref="RouteTable.NoRoute"/> where there is no route. Not the addresses' own memory.</param>
    /// <exception cref="ArgumentException">Fewer places than addresses.</exception>
    /// <exception cref="ObjectDisposedException">The table was disposed.</exception>
    public void LookupBurst(ReadOnlySpan<IPv6Address> addresses, Span<uint> nextHops) => LookupBurst<NativeIsa>(addresses, nextHops);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryLookup<TIsa>(in IPv6Address address, out uint nextHop)
        where TIsa : struct, IIsa
    {
        nextHop = PrefixTree.NextHopOf(EntryOf<TIsa>(Root, in address), Default);
        GC.KeepAlive(this);
        return nextHop != NoRoute;
    }

    private protected override void Forget() => _root = null;

    // Asked again when a group or bucket was taken meanwhile: then one of those read may have been another by then. What is read there leads
    // nowhere outside the table, and the walk ends at the address's last bit at the latest.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint EntryOf<TIsa>(uint* root, in IPv6Address address)
        where TIsa : struct, IIsa
    {
        ulong high = HalfOf(in address, 0), low = HalfOf(in address, 1);
        while (true)
        {
            int version = Tree.Version;
            uint entry = Volatile.Read(ref root[high >> (64 - _rootBits)]);
            for (int level = _rootBits; PrefixTree.IsGroup(entry) && level < 128; level += 8)
                entry = Volatile.Read(ref *InGroup(entry, high, low, level));
            if (PrefixTree.IsBucket(entry))
                entry = RouteBucket.EntryOf<TIsa>(_buckets + PrefixTree.BucketOf(entry), high, low, PrefixTree.IsLong(entry));
            Volatile.ReadBarrier();
            if (version == Tree.Version)
                return entry;
        }
    }

    /// <summary>Where a group has its entry of an address, which is below so many bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint* InGroup(uint entry, ulong high, ulong low, int level) =>
        _groups + PrefixTree.FirstOf(entry) + (byte)(level < 64 ? high >> (56 - level) : low >> (120 - level));

    /// <summary>Half of an address, host order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong HalfOf(in IPv6Address address, int half)
    {
        ulong bits = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref Unsafe.As<IPv6Address, byte>(ref Unsafe.AsRef(in address)), half * sizeof(ulong)));
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(bits) : bits;
    }
}
