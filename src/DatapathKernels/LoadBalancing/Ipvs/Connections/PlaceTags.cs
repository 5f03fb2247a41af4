using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DatapathKernels.Memory;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// Where a hashed record stands, by 16 bits of its hash: two bytes a place instead of the record's own line, so that for a million records the whole
/// search stays in a level-3 cache, and the one line asked of the memory is the one that is wanted.
/// </summary>
/// <remarks>
/// Places come in groups of 16, a group's tags in 32 bytes: 15 of places, then how many records passed this group because it was full (the
/// sixteenth place is not used). A record stands in the first group from its home on that had room, and never moves. A search goes on where records passed.
/// There are places for five records to every four, so that even when all are there 96% stand at home.
/// </remarks>
internal sealed unsafe class PlaceTags : IDisposable
{
    private const int GroupPlaces = 16, Passed = 15, MeanRecords = 12;
    private const uint AllPlaces = (1u << Passed) - 1;

    private readonly NativeBuffer _memory;
    private readonly ushort* _tags;
    private readonly ulong _groups;

    public PlaceTags(int records)
    {
        _groups = ((ulong)records + MeanRecords - 1) / MeanRecords;
        _memory = new NativeBuffer((nuint)_groups * GroupPlaces * sizeof(ushort));
        _tags = (ushort*)_memory.Pointer;
    }

    /// <summary>Places there are, used or not.</summary>
    public int Places => (int)_groups * GroupPlaces;

    public long MemoryBytes => (long)_memory.Length;

    /// <summary>The first place of a hash's home.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int HomeOf(ulong hash) =>
        (int)(Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(hash, _groups) : Math.BigMul(hash, _groups, out _)) * GroupPlaces;

    /// <summary>Asks the memory for a group's tags.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int group) => Simd.Prefetch.Read(_tags + group);

    /// <summary>Which places of a group may hold a record of that hash, one bit each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Match(int group, ulong hash) => Match(group, TagOf(hash));

    /// <summary>True when records of this home stand in later groups.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsPassed(int group) => _tags[group + Passed] != 0;

    /// <summary>All places that may hold a record of that hash, from its home on.</summary>
    public TagSearch Search(ulong hash) => new(this, hash);

    /// <summary>False when no record has that hash.</summary>
    public bool MayHold(ulong hash)
    {
        int home = HomeOf(hash);
        return Match(home, hash) != 0 || IsPassed(home);
    }

    /// <summary>The group after one: after the last comes the first.</summary>
    public int After(int group) => group + GroupPlaces == Places ? 0 : group + GroupPlaces;

    /// <summary>The place that <see cref="Add"/> would give now, if it is in the group; else the group's first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int FreeIn(int group) => group + (BitOperations.TrailingZeroCount(Match(group, (ushort)0) | (1u << Passed)) % Passed);

    /// <summary>Takes a place for a record of that hash. There must be room: fewer records than the table was made for.</summary>
    public int Add(ulong hash)
    {
        int group = HomeOf(hash);
        uint free;
        while ((free = Match(group, (ushort)0)) == 0)
        {
            Count(group, 1);
            group = After(group);
        }

        int place = group + BitOperations.TrailingZeroCount(free);
        _tags[place] = TagOf(hash);
        return place;
    }

    /// <summary>Gives back the place of a record of that hash.</summary>
    public void Remove(int place, ulong hash)
    {
        _tags[place] = 0;
        for (int group = HomeOf(hash); group != (place & -GroupPlaces); group = After(group))
            Count(group, -1);
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>Not zero, which is a free place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort TagOf(ulong hash) => (ushort)(hash | 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Match(int group, ushort tag)
    {
        // SAFE: groups are multiples of 16 below Places
        if (Vector128.IsHardwareAccelerated)
            return Vector256.Equals(Vector256.Load(_tags + group), Vector256.Create(tag)).ExtractMostSignificantBits() & AllPlaces;
        uint match = 0;
        for (int i = 0; i < Passed; i++)
            match |= _tags[group + i] == tag ? 1u << i : 0;
        return match;
    }

    /// <summary>Once it cannot count any further it stays there: searches go on for nothing, and find all the same.</summary>
    private void Count(int group, int by)
    {
        ref ushort passed = ref _tags[group + Passed];
        if (passed != ushort.MaxValue)
            passed = (ushort)(passed + by);
    }

    /// <summary>See <see cref="Search"/>.</summary>
    public ref struct TagSearch(PlaceTags tags, ulong hash)
    {
        private readonly int _home = tags.HomeOf(hash);
        private int _group = tags.HomeOf(hash);
        private uint _match = tags.Match(tags.HomeOf(hash), hash);

        /// <summary>The next place; <see cref="IpvsConnection.None"/> after the last.</summary>
        public int Next()
        {
            while (_match == 0)
            {
                int after = tags.After(_group);
                if (!tags.IsPassed(_group) || after == _home)
                    return IpvsConnection.None;
                _group = after;
                _match = tags.Match(after, hash);
            }

            int place = _group + BitOperations.TrailingZeroCount(_match);
            _match &= _match - 1;
            return place;
        }
    }
}
