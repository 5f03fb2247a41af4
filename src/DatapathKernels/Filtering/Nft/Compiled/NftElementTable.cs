using DatapathKernels.Hashing;
using DatapathKernels.Maps;

namespace DatapathKernels.Filtering.Nft;

/// <summary>
/// The exact elements of many sets in one hash table for each width of key: verdict words, or for sets whose elements expire
/// the time they do.
/// </summary>
internal sealed class NftElementTable : IDisposable
{
    private readonly FlowMap<RawKey<NftNarrowKey>, ulong>? _narrow;
    private readonly FlowMap<RawKey<NftWideKey>, ulong>? _wide;

    /// <summary>Makes the tables; without one for a width no set has.</summary>
    public NftElementTable(int narrowCapacity, int wideCapacity)
    {
        if (narrowCapacity > 0)
            _narrow = new FlowMap<RawKey<NftNarrowKey>, ulong>(narrowCapacity);
        if (wideCapacity > 0)
            _wide = new FlowMap<RawKey<NftWideKey>, ulong>(wideCapacity);
    }

    public int Count => (_narrow?.Count ?? 0) + (_wide?.Count ?? 0);

    public long Bytes => (_narrow?.MemoryBytes ?? 0) + (_wide?.MemoryBytes ?? 0);

    public bool TryFind(in NftNarrowKey key, out ulong value)
    {
        value = 0;
        return _narrow is { } map && map.Lookup(new RawKey<NftNarrowKey>(key), out value) == MapError.Ok;
    }

    public bool TryFind(in NftWideKey key, out ulong value)
    {
        value = 0;
        return _wide is { } map && map.Lookup(new RawKey<NftWideKey>(key), out value) == MapError.Ok;
    }

    public MapError Set(in NftNarrowKey key, ulong value) => _narrow!.Update(new RawKey<NftNarrowKey>(key), value);

    public MapError Set(in NftWideKey key, ulong value) => _wide!.Update(new RawKey<NftWideKey>(key), value);

    public void Remove(in NftNarrowKey key) => _narrow!.Delete(new RawKey<NftNarrowKey>(key));

    public void Remove(in NftWideKey key) => _wide!.Delete(new RawKey<NftWideKey>(key));

    /// <summary>Removes every element whose value is a time at or before now. O(elements).</summary>
    public void Expire(long nowMs)
    {
        if (_narrow is { } narrow)
            Expire(narrow, nowMs);
        if (_wide is { } wide)
            Expire(wide, nowMs);
    }

    public void Dispose()
    {
        _narrow?.Dispose();
        _wide?.Dispose();
    }

    private static void Expire<TKey>(FlowMap<TKey, ulong> map, long nowMs)
        where TKey : unmanaged, IHashKey<TKey>
    {
        MapError error = map.GetFirstKey(out TKey key);
        while (error == MapError.Ok)
        {
            error = map.GetNextKey(key, out TKey next);
            if (map.Lookup(key, out ulong expires) == MapError.Ok && (long)expires <= nowMs)
                map.Delete(key);
            key = next;
        }
    }
}
