using System.Numerics;
using System.Runtime.CompilerServices;

namespace DatapathKernels.Maps;

/// <content>
/// Taking keys out. There are no tombstones: a freed slot is filled at once with a key that had passed its bucket, so that
/// the table after any number of deletes is one that inserts alone could have made, and no slower.
/// </content>
public sealed unsafe partial class FlowMap<TKey, TValue>
{
    /// <summary>
    /// Takes a key out. The next bucket too is asked of the memory, at once and not only when the home is seen to need it: every
    /// twelfth deletion or insertion does, and would wait twice.
    /// </summary>
    /// <returns><see cref="MapError.Ok"/> or <see cref="MapError.NotFound"/>.</returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError Delete(in TKey key)
    {
        ulong hash = TKey.Hash(in key, in _secret);
        byte* home = HomeOf(Buckets, _bucketCount, hash);
        PrefetchBucket(home + BucketBytes);
        return DeleteAt(home, hash, in key);
    }

    /// <summary>The same by the key's hash and home.</summary>
    private MapError DeleteAt(byte* home, ulong hash, in TKey key)
    {
        byte* bucket = home;
        ulong slot = Find(ref bucket, hash, in key);
        if (slot == 0)
            return MapError.NotFound;
        Remove(home, bucket, slot);
        GC.KeepAlive(this);
        return MapError.Ok;
    }

    /// <summary>Takes a key out and says what its value was.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value; default when there was none.</param>
    /// <returns><see cref="MapError.Ok"/> or <see cref="MapError.NotFound"/>.</returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError LookupAndDelete(in TKey key, out TValue value)
    {
        ulong hash = TKey.Hash(in key, in _secret);
        byte* home = HomeOf(Buckets, _bucketCount, hash), bucket = home;
        ulong slot = Find(ref bucket, hash, in key);
        value = default;
        if (slot == 0)
            return MapError.NotFound;
        value = *ValueOfBit(bucket, slot);
        Remove(home, bucket, slot);
        GC.KeepAlive(this);
        return MapError.Ok;
    }

    private void Remove(byte* home, byte* bucket, ulong slot)
    {
        ulong word = ReadWord(bucket);
        Publish(bucket, word & ~slot);
        _count--;
        if (bucket != home)
            RebuildFilters(home, bucket);
        if (BucketWord.WasPassed(word))
            Refill(bucket);
    }

    /// <summary>
    /// Moves a key that passed this bucket into its free slot, then does the same for the slot it left, until a slot
    /// becomes free that nobody passed.
    /// </summary>
    /// <remarks>
    /// A reader always finds the key: it is copied before it is taken out, and the word of its home advances between the
    /// two, so that a reader who saw neither copy looks again.
    /// </remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Refill(byte* hole)
    {
        while (FindPasser(hole, out byte* from, out int slot))
        {
            ulong free = ~ReadWord(hole) & AllSlots;
            TKey key = KeyAt(from, slot);
            byte* home = HomeOf(_buckets, _bucketCount, TKey.Hash(in key, in _secret));
            Place(hole, free & (0 - free), in key, in *ValueAt(from, slot));
            if (Marks != null)
                Marks[PlaceOf(hole, free)] = Marks[PlaceOf(from, BitOf(slot))];
            if (home != hole)
                Publish(home, ReadWord(home));
            Publish(from, ReadWord(from) & ~BitOf(slot));
            RebuildFilters(hole, from);
            hole = from;
        }
    }

    /// <summary>The nearest key that stands beyond a bucket it passed.</summary>
    private bool FindPasser(byte* passed, out byte* bucket, out int slot)
    {
        bucket = passed;
        slot = 0;
        while (BucketWord.WasPassed(ReadWord(bucket)))
        {
            bucket = Next(bucket);
            if (bucket == passed)
                break;
            for (ulong taken = ReadWord(bucket) & AllSlots; taken != 0; taken &= taken - 1)
            {
                slot = FirstSlot(taken);
                if (Passes(TKey.Hash(KeyAt(bucket, slot), in _secret), passed, bucket))
                    return true;
            }
        }

        return false;
    }

    /// <summary>Makes the filters of the buckets from one up to, not with, another say what is so.</summary>
    private void RebuildFilters(byte* from, byte* to)
    {
        for (; from != to; from = Next(from))
            Publish(from, (ReadWord(from) & ~BucketWord.Passed) | FilterOf(from));
    }

    private ulong FilterOf(byte* passed)
    {
        ulong filter = 0;
        byte* bucket = passed;
        while (BucketWord.WasPassed(ReadWord(bucket)))
        {
            bucket = Next(bucket);
            if (bucket == passed)
                break;
            for (ulong taken = ReadWord(bucket) & AllSlots; taken != 0; taken &= taken - 1)
            {
                ulong hash = TKey.Hash(KeyAt(bucket, FirstSlot(taken)), in _secret);
                if (Passes(hash, passed, bucket))
                    filter |= BucketWord.PassBit(hash);
            }
        }

        return filter;
    }

    /// <summary>True when a key that stands in <paramref name="at"/> went by <paramref name="passed"/> on its way there.</summary>
    private bool Passes(ulong hash, byte* passed, byte* at) =>
        Distance(passed, at) <= Distance(HomeOf(_buckets, _bucketCount, hash), at);

    /// <summary>Bytes from one bucket forward to another.</summary>
    private nuint Distance(byte* from, byte* to) =>
        to >= from ? (nuint)(to - from) : (nuint)(to - from) + ((nuint)_bucketCount * (nuint)BucketBytes);
}
