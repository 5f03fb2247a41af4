namespace DatapathKernels.Maps;

/// <content>What changes the map.</content>
public sealed unsafe partial class ClockFlowMap<TKey, TValue>
{
    /// <summary>
    /// Puts an entry in, evicting one when the map is full, or gives the key that is there another value; either is a use
    /// of it. Checked in BPF's order.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <param name="flags">When to do it.</param>
    /// <returns>
    /// <see cref="MapError.Ok"/>; <see cref="MapError.Invalid"/>: no such flags; <see cref="MapError.Exists"/>,
    /// <see cref="MapError.NotFound"/>: the flags forbid it, and the map is as it was.
    /// </returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError Update(in TKey key, in TValue value, MapUpdate flags = MapUpdate.Any) => Update(in key, in value, flags, out _, out _, out _);

    /// <summary><see cref="Update(in TKey, in TValue, MapUpdate)"/> that hands over the entry that had to go.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <param name="flags">When to do it.</param>
    /// <param name="evictedKey">The key evicted; default when there was none.</param>
    /// <param name="evictedValue">Its value.</param>
    /// <param name="evicted">True when one was.</param>
    /// <returns>As without them.</returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError Update(in TKey key, in TValue value, MapUpdate flags, out TKey evictedKey, out TValue evictedValue, out bool evicted)
    {
        byte* marks = _marks.Pointer;
        evictedKey = default;
        evictedValue = default;
        evicted = false;
        if (flags > MapUpdate.Exist)
            return MapError.Invalid;
        ulong hash = _map.HashOf(in key);
        TValue* found = _map.Locate(in key, hash, out nuint place);
        if (found != null)
        {
            if (flags == MapUpdate.NoExist)
                return MapError.Exists;
            *found = value;
            marks[place] = (byte)(_now | Used);
            return MapError.Ok;
        }

        if (flags == MapUpdate.Exist)
            return MapError.NotFound;
        evicted = _map.Count == _map.Capacity;
        if (evicted)
            Evict(marks, hash, out evictedKey, out evictedValue);
        marks[_map.Add(in key, hash, in value)] = _now;
        Tick();
        GC.KeepAlive(this);
        return MapError.Ok;
    }

    /// <summary>Takes a key out.</summary>
    /// <returns><see cref="MapError.Ok"/> or <see cref="MapError.NotFound"/>.</returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError Delete(in TKey key) => _map.Delete(in key);

    /// <summary>Takes a key out and says what its value was.</summary>
    /// <returns><see cref="MapError.Ok"/> or <see cref="MapError.NotFound"/>.</returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError LookupAndDelete(in TKey key, out TValue value) => _map.LookupAndDelete(in key, out value);

    /// <inheritdoc cref="FlowMap{TKey, TValue}.GetFirstKey"/>
    public MapError GetFirstKey(out TKey key) => _map.GetFirstKey(out key);

    /// <inheritdoc cref="FlowMap{TKey, TValue}.GetNextKey"/>
    public MapError GetNextKey(in TKey key, out TKey next) => _map.GetNextKey(in key, out next);
}
