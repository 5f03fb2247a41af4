using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Memory;

namespace DatapathKernels.Filtering;

/// <summary>
/// The lists of <c>recent</c>: for each list its addresses, least recently seen first, and for each address the times of its
/// last sightings. One pool of entries and one hash table serve all lists, so that thousands of lists that hold little
/// (kube-proxy makes one per endpoint) cost little. Follows xt_recent.c.
/// </summary>
internal sealed unsafe class RecentLists : IDisposable
{
    /// <summary>Times kept of an address when no rule counts more hits.</summary>
    public const int LeastStamps = 32;

    private const int None = -1;

    private readonly NativeBuffer _entries;
    private readonly int _stamps, _stride;
    private readonly int[] _buckets;
    private readonly (int Oldest, int Newest, int Count)[] _lists;
    private readonly int _perList;
    private int _free;

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public UInt128 Address;
        public int List, NextInBucket, Older, Newer;
        public int StampCount, NextStamp;
        public byte Ttl;
    }

    /// <param name="lists">Number of lists.</param>
    /// <param name="entries">Addresses of all lists.</param>
    /// <param name="perList">Addresses of one list.</param>
    /// <param name="stamps">Times kept of each address, a power of two.</param>
    public RecentLists(int lists, int entries, int perList, int stamps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(entries, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(perList, 1);
        if (lists == 0)
            entries = 1;
        _stamps = stamps;
        _stride = sizeof(Entry) + (stamps * sizeof(long));
        _entries = new NativeBuffer((nuint)entries * (nuint)_stride);
        _buckets = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)entries)];
        Array.Fill(_buckets, None);
        _lists = new (int, int, int)[lists];
        Array.Fill(_lists, (None, None, 0));
        _perList = perList;
        for (int i = 0; i < entries; i++)
            At(i).NextInBucket = i + 1 < entries ? i + 1 : None;
    }

    private RecentLists(RecentLists from)
    {
        (_stamps, _stride, _perList, _free) = (from._stamps, from._stride, from._perList, from._free);
        _entries = new NativeBuffer(from._entries.Length);
        NativeMemory.Copy(from._entries.Pointer, _entries.Pointer, from._entries.Length);
        _buckets = from._buckets.AsSpan().ToArray();
        _lists = from._lists.AsSpan().ToArray();
    }

    /// <summary>The same lists again, for a dry run.</summary>
    public RecentLists Copy() => new(this);

    /// <summary>Runs one test. False when the kernel would drop the packet for want of memory.</summary>
    /// <param name="test">The test.</param>
    /// <param name="address">The masked address.</param>
    /// <param name="ttl">The packet's time to live as it arrived.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="negated">Whether the test is negated: <c>--update</c> renews the entry when the negated test matches.</param>
    /// <param name="fits">Whether it matched, negation aside.</param>
    public bool TryTest(in RecentTest test, UInt128 address, byte ttl, long nowMs, bool negated, out bool fits)
    {
        int index = Find(test.List, address, test.SameTtl ? ttl : (byte)0);
        if (index == None)
        {
            fits = test.Mode == RecentMode.Set;
            return !fits || TryAdd(test.List, address, ttl, nowMs);
        }

        fits = true;
        if (test.Mode == RecentMode.Set)
            Touch(index, ttl, nowMs);
        else if (test.Mode == RecentMode.Remove)
            Remove(index);
        else
            Check(test, index, ttl, nowMs, negated, out fits);
        return true;
    }

    public void Dispose() => _entries.Dispose();

    private void Check(in RecentTest test, int index, byte ttl, long nowMs, bool negated, out bool fits)
    {
        ref Entry entry = ref At(index);
        long oldest = nowMs - test.AgeMs;
        uint hits = 0;
        fits = false;
        for (int i = 0; i < entry.StampCount && !fits; i++)
        {
            if (test.AgeMs == 0 || StampsMs(index)[i] >= oldest)
                fits = test.HitCount == 0 || ++hits >= test.HitCount;
        }

        bool renews = test.Mode == RecentMode.Update && fits != negated;
        if (test.Reap)
            Reap(test.List, oldest, renews ? index : None);
        if (renews)
            Touch(index, ttl, nowMs);
    }

    /// <summary>Drops the least recently seen address of the list when its last sighting is too old; never the one about to be renewed.</summary>
    private void Reap(int list, long oldestMs, int keep)
    {
        int index = _lists[list].Oldest;
        if (index == None || index == keep)
            return;
        ref Entry entry = ref At(index);
        if (StampsMs(index)[(entry.NextStamp - 1) & (_stamps - 1)] < oldestMs)
            Remove(index);
    }

    private bool TryAdd(int list, UInt128 address, byte ttl, long nowMs)
    {
        if (_lists[list].Count >= _perList || _free == None)
        {
            if (_lists[list].Oldest == None)
                return false;
            Remove(_lists[list].Oldest);
        }

        int index = _free;
        ref Entry entry = ref At(index);
        _free = entry.NextInBucket;
        // At the end of its bucket: of entries that differ in time to live only, the oldest is found first.
        ref int link = ref Bucket(list, address);
        while (link != None)
            link = ref At(link).NextInBucket;
        link = index;
        entry = default;
        entry.Address = address;
        entry.List = list;
        entry.Ttl = ttl;
        entry.NextInBucket = None;
        StampsMs(index)[0] = nowMs;
        entry.StampCount = entry.NextStamp = 1;
        Append(list, index);
        return true;
    }

    private void Touch(int index, byte ttl, long nowMs)
    {
        ref Entry entry = ref At(index);
        entry.NextStamp &= _stamps - 1;
        StampsMs(index)[entry.NextStamp++] = nowMs;
        entry.Ttl = ttl;
        entry.StampCount = Math.Max(entry.StampCount, entry.NextStamp);
        Unlink(index);
        Append(entry.List, index);
    }

    private void Remove(int index)
    {
        ref Entry entry = ref At(index);
        ref int link = ref Bucket(entry.List, entry.Address);
        while (link != index)
            link = ref At(link).NextInBucket;
        link = entry.NextInBucket;
        Unlink(index);
        entry.NextInBucket = _free;
        _free = index;
    }

    /// <summary>The entry of an address; with a time to live other than 0, only one seen with that or none.</summary>
    private int Find(int list, UInt128 address, byte ttl)
    {
        int index = Bucket(list, address);
        while (index != None && !Fits(At(index), list, address, ttl))
            index = At(index).NextInBucket;
        return index;
    }

    private static bool Fits(in Entry entry, int list, UInt128 address, byte ttl) =>
        entry.List == list && entry.Address == address && (ttl == entry.Ttl || ttl == 0 || entry.Ttl == 0);

    private void Append(int list, int index)
    {
        ref Entry entry = ref At(index);
        ref (int Oldest, int Newest, int Count) ends = ref _lists[list];
        entry.Older = ends.Newest;
        entry.Newer = None;
        if (ends.Newest == None)
            ends.Oldest = index;
        else
            At(ends.Newest).Newer = index;
        ends.Newest = index;
        ends.Count++;
    }

    private void Unlink(int index)
    {
        ref Entry entry = ref At(index);
        ref (int Oldest, int Newest, int Count) ends = ref _lists[entry.List];
        (entry.Older == None ? ref ends.Oldest : ref At(entry.Older).Newer) = entry.Newer;
        (entry.Newer == None ? ref ends.Newest : ref At(entry.Newer).Older) = entry.Older;
        ends.Count--;
    }

    private ref int Bucket(int list, UInt128 address)
    {
        ulong mixed = ((ulong)address ^ (ulong)(address >> 64) ^ ((ulong)(uint)list << 32)) * 0x9E3779B97F4A7C15;
        return ref _buckets[(int)(mixed >> 33) & (_buckets.Length - 1)];
    }

    // SAFE: indices come from the free list, the buckets and the links, all of which hold numbers of entries only
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Entry At(int index) => ref *(Entry*)(_entries.Pointer + ((nuint)(uint)index * (nuint)_stride));

    // SAFE: every entry is followed by its times
    private long* StampsMs(int index) => (long*)(_entries.Pointer + ((nuint)(uint)index * (nuint)_stride) + (nuint)sizeof(Entry));
}
