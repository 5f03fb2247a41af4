using System.Numerics;

namespace DatapathKernels.Maps;

/// <content>What changes the map, and the hand that makes room.</content>
public sealed unsafe partial class ClockFlowMap<TKey, TValue>
{
    // Lowers every byte of a word of marks by one that is not 0: marks are 0 to 3.
    private const ulong LowBits = 0x0101010101010101;

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
        byte* ages = _ages.Pointer;
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
            ages[place] = Used;
            return MapError.Ok;
        }

        if (flags == MapUpdate.Exist)
            return MapError.NotFound;
        evicted = _map.Count == _map.Capacity;
        if (evicted)
            Evict(ages, out evictedKey, out evictedValue);
        ages[_map.Add(in key, hash, in value)] = Fresh;
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

    private void Evict(byte* ages, out TKey key, out TValue value)
    {
        nuint victim = 0;
        int lowest = int.MaxValue;
        for (int looked = 0; looked < Window || lowest == int.MaxValue; looked++)
        {
            nuint first = (nuint)_hand * FlowMap<TKey, TValue>.PlacesPerBucket;
            for (uint taken = _map.TakenPlaces(_hand); taken != 0; taken &= taken - 1)
            {
                nuint place = first + (nuint)BitOperations.TrailingZeroCount(taken);
                if (ages[place] <= lowest)
                    (lowest, victim) = (ages[place], place);
            }

            if (lowest == 0)
                break;
            ulong* marks = (ulong*)(ages + first);
            *marks -= (*marks | (*marks >> 1)) & LowBits;
            _hand = _hand + 1 == _map.BucketCount ? 0 : _hand + 1;
        }

        _map.RemoveAt(victim, out key, out value);

        // An entry that stood further on for want of room may have moved in: it begins anew.
        ages[victim] = Fresh;
        Evictions++;
    }
}
