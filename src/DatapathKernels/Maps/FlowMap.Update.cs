using System.Runtime.CompilerServices;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

/// <content>
/// Putting keys in. Whatever a reader may look at is complete before the word that shows it is written.
/// </content>
public sealed unsafe partial class FlowMap<TKey, TValue>
{
    /// <summary>
    /// Puts an entry in, or gives the key that is there another value, in place. Checked in BPF's order: the flags, then
    /// whether the key is there, and only for a new key whether there is room.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <param name="flags">When to do it.</param>
    /// <returns>
    /// <see cref="MapError.Ok"/>; <see cref="MapError.Invalid"/>: no such flags; <see cref="MapError.Exists"/>,
    /// <see cref="MapError.NotFound"/>: the flags forbid it; <see cref="MapError.TooBig"/>: the key is new and the map holds
    /// <see cref="Capacity"/> entries. Then the map is as it was.
    /// </returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError Update(in TKey key, in TValue value, MapUpdate flags = MapUpdate.Any)
    {
        byte* buckets = Buckets;
        if (flags > MapUpdate.Exist)
            return MapError.Invalid;
        ulong hash = TKey.Hash(in key, in _secret);
        byte* home = HomeOf(buckets, _bucketCount, hash);
        PrefetchBucket(home + BucketBytes);
        return UpdateAt(home, hash, in key, in value, flags);
    }

    /// <summary>The same by the key's hash and home.</summary>
    private MapError UpdateAt(byte* home, ulong hash, in TKey key, in TValue value, MapUpdate flags)
    {
        byte* bucket = home;
        ulong match = Find(ref bucket, hash, in key);
        if (match != 0)
        {
            if (flags == MapUpdate.NoExist)
                return MapError.Exists;
            Overwrite(bucket, match, in value);
            return MapError.Ok;
        }

        if (flags == MapUpdate.Exist)
            return MapError.NotFound;
        if (_count == Capacity)
            return MapError.TooBig;
        Insert(home, hash, in key, in value);
        _count++;
        GC.KeepAlive(this);
        return MapError.Ok;
    }

    /// <summary>The writer's own search: nothing can change meanwhile. The slot's bit and its bucket, or 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Find(ref byte* bucket, ulong hash, in TKey key)
    {
        ulong word = ReadWord(bucket);
        ulong match = Match<NativeIsa>(bucket, word, in key);
        return match != 0 || (BucketWord.MayHavePassed(word, hash) & 1) == 0 ? match : FindFurther(ref bucket, hash, in key);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong FindFurther(ref byte* bucket, ulong hash, in TKey key)
    {
        byte* home = bucket;
        for (byte* next = Next(home); next != home; next = Next(next))
        {
            ulong word = ReadWord(next);
            ulong match = Match<ScalarIsa>(next, word, in key);
            if (match != 0)
            {
                bucket = next;
                return match;
            }

            if ((BucketWord.MayHavePassed(word, hash) & 1) == 0)
                return 0;
        }

        return 0;
    }

    private void Insert(byte* home, ulong hash, in TKey key, in TValue value)
    {
        ulong free = ~ReadWord(home) & AllSlots;
        if (free != 0)
            Place(home, free & (0 - free), in key, in value);
        else
            InsertFurther(home, hash, in key, in value);
    }

    /// <summary>Takes the next free slot, and leaves a bit in the filter of every bucket passed, the home's last.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void InsertFurther(byte* home, ulong hash, in TKey key, in TValue value)
    {
        byte* bucket = Next(home);
        ulong free;
        while ((free = ~ReadWord(bucket) & AllSlots) == 0)
            bucket = Next(bucket);
        Place(bucket, free & (0 - free), in key, in value);
        while (bucket != home)
        {
            bucket = Previous(bucket);
            Publish(bucket, ReadWord(bucket) | BucketWord.PassBit(hash));
        }
    }

    /// <summary>Fills a free slot. A reader who still takes it for the key deleted before finds the word changed.</summary>
    private static void Place(byte* bucket, ulong slot, in TKey key, in TValue value)
    {
        Volatile.WriteBarrier();
        WriteKey(bucket, FirstSlot(slot), in key);
        *ValueOfBit(bucket, slot) = value;
        Publish(bucket, ReadWord(bucket) | slot);
    }

    /// <summary>Changes a value in place: with one store when that is possible, else between two changes of the word.</summary>
    private static void Overwrite(byte* bucket, ulong slot, in TValue value)
    {
        TValue* place = ValueOfBit(bucket, slot);
        if (sizeof(TValue) == 8)
        {
            Volatile.Write(ref *(ulong*)place, Unsafe.BitCast<TValue, ulong>(value));
            return;
        }

        ulong word = ReadWord(bucket);
        Volatile.Write(ref *(ulong*)(bucket + WordAt), BucketWord.Occupy(word, slot));
        Volatile.WriteBarrier();
        *place = value;
        Publish(bucket, word);
    }

    /// <summary>Writes a bucket's word with its next version, after everything written before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Publish(byte* bucket, ulong word) => Volatile.Write(ref *(ulong*)(bucket + WordAt), BucketWord.Advance(word));
}
