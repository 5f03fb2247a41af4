using System.Runtime.CompilerServices;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

/// <content>
/// For owners that take a burst through in stages: the search apart from the use, so that an entry counts as used in its packet's turn and not before, and an insertion
/// after a search.
/// </content>
public sealed unsafe partial class ClockFlowMap<TKey, TValue>
{
    /// <summary>The value of a key, to be read and written in place until the next insertion or deletion, or null; no use of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal TValue* Locate(in TKey key, ulong hash, out nuint place) => _map.Locate(in key, hash, out place);

    /// <summary><see cref="Prepare"/> for a search that is likely to need no mark.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong PrepareEntry(in TKey key) => _map.Prepare(in key);

    /// <summary>The same of many keys.</summary>
    internal void PrepareEntries(ReadOnlySpan<TKey> keys, Span<ulong> hashes) => _map.Prepare(keys, hashes);

    /// <summary>Hours so far: while it stands still, a second use of an entry changes no mark.</summary>
    internal long Hours { get; private set; }

    /// <summary>A use of the entry at a place that <see cref="Locate"/> told.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Use(nuint place) => _marks.Pointer[place] = (byte)(_now | Used);

    /// <summary>Asks the memory for the marks among which the insertion of a key with that hash will choose who has to go.</summary>
    internal void PrepareMarks(ulong hash)
    {
        byte* part = _marks.Pointer + (_map.HomePlace(hash) & ~(nuint)(WindowBytes - 1));
        Prefetch.Read(part);
        Prefetch.Read(part + 64);
    }

    /// <summary>
    /// The same for the entry that would have to go now, which is a hint: those that are used or put in before may leave another. Deciding it twice costs a tenth of waiting
    /// for its bucket.
    /// </summary>
    internal void PrepareRoom(ulong hash)
    {
        if (_map.Count == _map.Capacity)
            _map.PrefetchPlace(VictimNear(_marks.Pointer, _map.HomePlace(hash)));
    }

    /// <summary>Puts a key in that is not there, evicting one when the map is full.</summary>
    internal void Add(in TKey key, ulong hash, in TValue value)
    {
        byte* marks = _marks.Pointer;
        if (_map.Count == _map.Capacity)
            Evict(marks, hash, out _, out _);
        marks[_map.Add(in key, hash, in value)] = _now;
        Tick();
    }
}
