using System.Runtime.CompilerServices;

namespace DatapathKernels.Maps;

/// <content>
/// Iteration. Keys come in the order of their hashes, and equal hashes in the order of their bytes: an order that depends on
/// the keys and the seed alone, not on where a key stands. As the home of a key rises with its hash, the next key is
/// among those of the same home or of the first later one that has any.
/// </content>
public sealed unsafe partial class FlowMap<TKey, TValue>
{
    /// <summary>BPF's <c>get_next_key(NULL)</c>: the first key of the walk.</summary>
    /// <returns><see cref="MapError.Ok"/>, or <see cref="MapError.NotFound"/> when the map is empty.</returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError GetFirstKey(out TKey key)
    {
        byte* buckets = Buckets;
        return FirstFrom(buckets, out key);
    }

    /// <summary>
    /// BPF's <c>get_next_key</c>: the key after one. When that one is not in the map, the first key: who deletes while
    /// walking asks for the next key before deleting.
    /// </summary>
    /// <remarks>
    /// A walk meets every key that is in the map from its start to its end exactly once, whatever is inserted, updated or
    /// deleted meanwhile, provided that the key it stands on is still there when it asks for the next (else it begins
    /// again). A key inserted meanwhile is met or not. A step costs a look at one or two buckets.
    /// </remarks>
    /// <param name="key">Where the walk stands.</param>
    /// <param name="next">The next key; default at the end.</param>
    /// <returns><see cref="MapError.Ok"/>, or <see cref="MapError.NotFound"/> after the last key.</returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError GetNextKey(in TKey key, out TKey next)
    {
        byte* buckets = Buckets;
        if (Lookup(in key, out _) != MapError.Ok)
            return FirstFrom(buckets, out next);
        ulong hash = TKey.Hash(in key, in _secret);
        byte* home = HomeOf(buckets, _bucketCount, hash);
        if (LeastOf(home, new Bound(in key, hash), out next))
            return MapError.Ok;
        return FirstFrom(home + BucketBytes, out next);
    }

    private MapError FirstFrom(byte* home, out TKey key)
    {
        byte* end = _buckets + ((nuint)_bucketCount * (nuint)BucketBytes);
        for (; home != end; home += BucketBytes)
        {
            if (LeastOf(home, default, out key))
                return MapError.Ok;
        }

        key = default;
        GC.KeepAlive(this);
        return MapError.NotFound;
    }

    /// <summary>The first key of a home after a bound.</summary>
    private bool LeastOf(byte* home, Bound after, out TKey least)
    {
        bool found;
        while (!TryLeastOf(home, after, out least, out found))
            Thread.SpinWait(1);
        return found;
    }

    /// <summary>False when the writer came between: the same protocol as a lookup's.</summary>
    private bool TryLeastOf(byte* home, Bound after, out TKey least, out bool found)
    {
        least = default;
        found = false;
        Bound first = default;
        byte* bucket = home;
        ulong homeWord = ReadWord(home);
        do
        {
            ulong word = ReadWord(bucket);
            for (ulong taken = word & AllSlots; taken != 0; taken &= taken - 1)
            {
                TKey key = KeyAt(bucket, FirstSlot(taken));
                ulong hash = TKey.Hash(in key, in _secret);
                if (HomeOf(_buckets, _bucketCount, hash) != home || !after.IsBefore(in key, hash) || (found && !first.IsAfter(in key, hash)))
                    continue;
                first = new Bound(in key, hash);
                found = true;
            }

            Volatile.ReadBarrier();
            if ((word & BucketWord.Busy) != 0 || ReadWord(bucket) != word)
                return false;
            if (!BucketWord.WasPassed(word))
                break;
            bucket = Next(bucket);
        }
        while (bucket != home);
        least = first.Key;
        Volatile.ReadBarrier();
        return ReadWord(home) == homeWord;
    }

    /// <summary>A place in the order of the walk: before all keys by default.</summary>
    private readonly struct Bound(in TKey key, ulong hash)
    {
        public readonly TKey Key = key;
        private readonly ulong _hash = hash;
        private readonly bool _isKey = true;

        public bool IsBefore(in TKey key, ulong hash) => !_isKey || Compare(in key, hash) < 0;

        public bool IsAfter(in TKey key, ulong hash) => Compare(in key, hash) > 0;

        private int Compare(in TKey key, ulong hash) => _hash != hash ? _hash.CompareTo(hash) : Bytes(in Key).SequenceCompareTo(Bytes(in key));

        private static ReadOnlySpan<byte> Bytes(in TKey key) => new(Unsafe.AsPointer(ref Unsafe.AsRef(in key)), sizeof(TKey));
    }
}
