using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

/// <content>
/// BPF's batch operations. Where BPF takes whole buckets of its chains, these take whole homes: all keys whose hash names
/// the same bucket.
/// </content>
public sealed unsafe partial class FlowMap<TKey, TValue>
{
    /// <summary>
    /// BPF_MAP_LOOKUP_BATCH: copies the entries of as many homes, from <paramref name="cursor"/> on, as the spans have
    /// room for. Called with the cursor it left until it says <see cref="MapError.NotFound"/>, it returns every entry
    /// exactly once when the map does not change, and every entry that was there throughout when it does.
    /// </summary>
    /// <param name="cursor">0 at first; moved to the next home.</param>
    /// <param name="keys">Receives keys; its length is the most that is returned. Of length 0: nothing is done.</param>
    /// <param name="values">Receives their values; as long as <paramref name="keys"/>.</param>
    /// <param name="count">Entries returned, with <see cref="MapError.NotFound"/> too.</param>
    /// <param name="flags">Nothing but 0 is known.</param>
    /// <returns>
    /// <see cref="MapError.Ok"/>: there may be more. <see cref="MapError.NotFound"/>: these are the last.
    /// <see cref="MapError.NoSpace"/>: one home has more keys than there is room for, and the cursor stands before it.
    /// <see cref="MapError.Invalid"/>: a flag.
    /// </returns>
    /// <exception cref="ArgumentException">Fewer values than keys.</exception>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError LookupBatch(ref uint cursor, Span<TKey> keys, Span<TValue> values, out int count, ulong flags = 0) =>
        ReadBatch(ref cursor, keys, values, out count, flags, delete: false);

    /// <summary>BPF_MAP_LOOKUP_AND_DELETE_BATCH: <see cref="LookupBatch"/> that takes out what it returns.</summary>
    /// <inheritdoc cref="LookupBatch" path="/param"/>
    /// <inheritdoc cref="LookupBatch" path="/returns"/>
    /// <inheritdoc cref="LookupBatch" path="/exception"/>
    public MapError LookupAndDeleteBatch(ref uint cursor, Span<TKey> keys, Span<TValue> values, out int count, ulong flags = 0) =>
        ReadBatch(ref cursor, keys, values, out count, flags, delete: true);

    /// <summary>BPF_MAP_UPDATE_BATCH: updates one after the other, up to the first error. In a large map several times as fast as single updates, because the memory works on many keys at once.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="values">Their values; as many as keys.</param>
    /// <param name="count">Updates done: the index of the one that failed.</param>
    /// <param name="elementFlags">When each may be done.</param>
    /// <param name="flags">Nothing but 0 is known.</param>
    /// <returns>The first error, or <see cref="MapError.Ok"/>.</returns>
    /// <exception cref="ArgumentException">As many values as keys were expected.</exception>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    [SkipLocalsInit]
    public MapError UpdateBatch(ReadOnlySpan<TKey> keys, ReadOnlySpan<TValue> values, out int count, MapUpdate elementFlags = MapUpdate.Any, ulong flags = 0)
    {
        count = 0;
        if (values.Length != keys.Length)
            Throw.Argument(nameof(values), "expected one value a key");
        _ = Buckets;
        if (flags != 0 || elementFlags > MapUpdate.Exist)
            return MapError.Invalid;
        byte* memory = stackalloc byte[ProbeBlock.BytesFor(1)];
        ProbeBlock* block = ProbeBlock.Align(memory);
        for (; count < keys.Length; count++)
        {
            int i = count % MaxBurst;
            if (i == 0)
                Prepare(block, keys[count..]);
            MapError error = UpdateAt((byte*)block->Homes[i], block->Hashes[i], in keys[count], in values[count], elementFlags);
            if (error != MapError.Ok)
                return error;
        }

        return MapError.Ok;
    }

    /// <summary>BPF_MAP_DELETE_BATCH: deletes one after the other, up to the first error.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="count">Keys deleted: the index of the one that failed.</param>
    /// <param name="flags">Nothing but 0 is known.</param>
    /// <returns>The first error, or <see cref="MapError.Ok"/>.</returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    [SkipLocalsInit]
    public MapError DeleteBatch(ReadOnlySpan<TKey> keys, out int count, ulong flags = 0)
    {
        count = 0;
        _ = Buckets;
        if (flags != 0)
            return MapError.Invalid;
        byte* memory = stackalloc byte[ProbeBlock.BytesFor(1)];
        ProbeBlock* block = ProbeBlock.Align(memory);
        for (; count < keys.Length; count++)
        {
            int i = count % MaxBurst;
            if (i == 0)
                Prepare(block, keys[count..]);
            MapError error = DeleteAt((byte*)block->Homes[i], block->Hashes[i], in keys[count]);
            if (error != MapError.Ok)
                return error;
        }

        return MapError.Ok;
    }

    /// <summary>
    /// Hashes the next block of keys and asks the memory for their homes at once; then, as these come, for the next bucket where a
    /// home is full or was passed, for there a key goes on or comes from.
    /// </summary>
    private void Prepare(ProbeBlock* block, ReadOnlySpan<TKey> keys)
    {
        int length = Math.Min(keys.Length, MaxBurst);
        Start<NativeIsa>(block, ref MemoryMarshal.GetReference(keys), 0, length);
        if (IsFar)
            PrefetchHomes(block->Homes, length);
        for (int i = 0; IsFar && i < length; i++)
        {
            byte* home = (byte*)block->Homes[i];
            ulong word = ReadWord(home);
            bool further = BucketWord.WasPassed(word) | ((~word & AllSlots) == 0);
            PrefetchBucket(home + (further ? BucketBytes : 0));
        }
    }

    private MapError ReadBatch(ref uint cursor, Span<TKey> keys, Span<TValue> values, out int count, ulong flags, bool delete)
    {
        count = 0;
        if (values.Length < keys.Length)
            Throw.Argument(nameof(values), "expected room for one value a key");
        byte* buckets = Buckets;
        if (flags != 0)
            return MapError.Invalid;
        if (keys.IsEmpty)
            return MapError.Ok;
        for (; cursor < _bucketCount; cursor++)
        {
            byte* home = buckets + ((nuint)cursor * (nuint)BucketBytes);
            int copied = CopyHome(home, keys[count..], values[count..]);
            if (copied < 0)
                return count == 0 ? MapError.NoSpace : MapError.Ok;
            for (int i = count; delete && i < count + copied; i++)
                Delete(in keys[i]);
            count += copied;
        }

        GC.KeepAlive(this);
        return MapError.NotFound;
    }

    /// <summary>Copies all entries of a home and says how many; -1 when they are more than there is room for.</summary>
    private int CopyHome(byte* home, Span<TKey> keys, Span<TValue> values)
    {
        int copied;
        while (!TryCopyHome(home, keys, values, out copied))
            Thread.SpinWait(1);
        return copied;
    }

    /// <summary>False when the writer came between: the same protocol as a lookup's.</summary>
    private bool TryCopyHome(byte* home, Span<TKey> keys, Span<TValue> values, out int copied)
    {
        int found = 0;
        copied = -1;
        byte* bucket = home;
        ulong homeWord = ReadWord(home);
        do
        {
            ulong word = ReadWord(bucket);
            for (ulong taken = word & AllSlots; taken != 0; taken &= taken - 1)
            {
                int slot = FirstSlot(taken);
                TKey key = KeyAt(bucket, slot);
                if (HomeOf(_buckets, _bucketCount, TKey.Hash(in key, in _secret)) != home)
                    continue;
                if (found < keys.Length)
                    (keys[found], values[found]) = (key, *ValueAt(bucket, slot));
                found++;
            }

            Volatile.ReadBarrier();
            if ((word & BucketWord.Busy) != 0 || ReadWord(bucket) != word)
                return false;
            if (!BucketWord.WasPassed(word))
                break;
            bucket = Next(bucket);
        }
        while (bucket != home);
        copied = found <= keys.Length ? found : -1;
        Volatile.ReadBarrier();
        return ReadWord(home) == homeWord;
    }
}
