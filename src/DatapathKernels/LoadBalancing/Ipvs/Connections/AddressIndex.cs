using DatapathKernels.Hashing;
using DatapathKernels.Maps;

namespace DatapathKernels.LoadBalancing;

/// <summary>Services' places by a key of their address, port and protocol; it grows as services come.</summary>
internal sealed class AddressIndex<TKey> : IDisposable
    where TKey : unmanaged, IHashKey<TKey>
{
    private readonly List<(TKey Key, int Index)> _entries = [];
    private FlowMap<TKey, int> _map = new(64);

    /// <summary>The place of a key, -1 for none.</summary>
    public int Find(in TKey key) => _map.Lookup(key, out int index) == MapError.Ok ? index : -1;

    /// <summary>Asks the memory for what <see cref="Find"/> will read.</summary>
    public void Prefetch(in TKey key) => _map.Prepare(key);

    /// <summary>False, and nothing is done, when the key is there already.</summary>
    public bool TryAdd(in TKey key, int index)
    {
        if (_map.Count == _map.Capacity)
            Grow();
        if (_map.Update(key, index, MapUpdate.NoExist) != MapError.Ok)
            return false;
        _entries.Add((key, index));
        return true;
    }

    /// <summary>Takes a key out.</summary>
    public void Remove(TKey key)
    {
        _map.Delete(key);
        _entries.RemoveAll(entry => TKey.AreEqual(entry.Key, key));
    }

    public void Dispose() => _map.Dispose();

    private void Grow()
    {
        FlowMap<TKey, int> larger = new(_map.Capacity * 2);
        foreach ((TKey key, int index) in _entries)
            larger.Update(key, index);
        _map.Dispose();
        _map = larger;
    }
}
