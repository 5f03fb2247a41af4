using System.Runtime.CompilerServices;
using DatapathKernels.Memory;

namespace DatapathKernels.Maps;

/// <summary>
/// A multibit trie with its answers pushed down to the leaves (DIR-24-8 and its longer kin): a root indexed by the first bits
/// of an address, and groups of 256 entries for every further 8 bits where a longer prefix makes them needed.
/// <code>
/// entry   0                 no route
///         1 to 2^30         a route: its next hop plus one, so that one subtraction tells the next hop
///         bit 31 and below  go on in the group of that number
///         bits 31, 30       the routes further down are few and stand in the bucket of that number; bit 29: one is longer than 64 bits
/// depths  1 byte beside each entry, which only updates read: length of the entry's route plus one, 0 for none
/// </code>
/// </summary>
/// <remarks>
/// One writer beside any number of readers. An entry changes by one 32-bit store, and a group is filled before an entry leads
/// to it, so a reader finds the old route of an address or the new one. A group or bucket that was given back may be taken again while
/// a reader is inside: <see cref="Version"/> moves before, and readers that went through one look whether it did.
/// </remarks>
internal sealed unsafe partial class PrefixTree : IDisposable
{
    public const uint HasGroup = 1u << 31;

    /// <summary>Entries in a group.</summary>
    public const int GroupSize = 256;

    private readonly NativeBuffer _root, _rootDepths, _groups, _groupDepths, _freeGroups;
    private readonly NativeBuffer? _buckets, _freeBuckets;
    private readonly int _groupCapacity;
    private int _freeCount, _freeBucketCount;
    private int _version;

    /// <param name="rootBits">Bits of an address that index the root.</param>
    /// <param name="groups">Groups there is room for.</param>
    /// <param name="buckets">Buckets there is room for, one more than routes; 0 for a tree that always goes on in groups.</param>
    public PrefixTree(int rootBits, int groups, int buckets)
    {
        RootBits = rootBits;
        _groupCapacity = groups;
        nuint size = (nuint)1 << rootBits, grouped = (nuint)groups * GroupSize;
        _root = new NativeBuffer(size * sizeof(uint));
        _rootDepths = new NativeBuffer(size);
        _groups = new NativeBuffer(grouped * sizeof(uint));
        _groupDepths = new NativeBuffer(grouped);
        _freeGroups = new NativeBuffer((nuint)groups * sizeof(int));
        for (int i = 0; i < groups; i++)
            Free[i] = groups - 1 - i;
        _freeCount = groups;
        if (buckets == 0)
            return;
        _buckets = new NativeBuffer((nuint)buckets * RouteBucket.Bytes);
        _freeBuckets = new NativeBuffer((nuint)buckets * sizeof(int));
        for (int i = 0; i < buckets; i++)
            FreeBuckets[i] = buckets - 1 - i;
        _freeBucketCount = buckets;
    }

    /// <summary>Bits of an address that index the root.</summary>
    public int RootBits { get; }

    /// <summary>Groups in use.</summary>
    public int GroupsInUse => _groupCapacity - _freeCount;

    /// <summary>Bytes of native memory.</summary>
    public long MemoryBytes => (long)(_root.Length + _rootDepths.Length + _groups.Length + _groupDepths.Length + _freeGroups.Length +
        (_buckets?.Length ?? 0) + (_freeBuckets?.Length ?? 0));

    /// <summary>Moves before a group or a bucket is taken again.</summary>
    public int Version
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _version);
    }

    /// <summary>The root's entries.</summary>
    public uint* Root => (uint*)_root.Pointer;

    /// <summary>The groups' entries, one group behind the other.</summary>
    public uint* Groups => (uint*)_groups.Pointer;

    /// <summary>The buckets, in a tree that has them.</summary>
    public RouteBucket* Buckets => (RouteBucket*)_buckets!.Pointer;

    private int* Free => (int*)_freeGroups.Pointer;

    private bool HasBuckets => _buckets != null;

    private int* FreeBuckets => (int*)_freeBuckets!.Pointer;

    /// <summary>The entry of a route.</summary>
    public static uint RouteTo(uint nextHop) => nextHop + 1;

    /// <summary>The next hop an entry has, or the other one when it has no route.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint NextHopOf(uint entry, uint otherwise) => entry != 0 ? entry - 1 : otherwise;

    /// <summary>Where in <see cref="Groups"/> the group begins that an entry leads to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint FirstOf(uint entry) => (nuint)(entry & ~HasGroup) * GroupSize;

    public void Dispose()
    {
        _root.Dispose();
        _rootDepths.Dispose();
        _groups.Dispose();
        _groupDepths.Dispose();
        _freeGroups.Dispose();
        _buckets?.Dispose();
        _freeBuckets?.Dispose();
    }
}
