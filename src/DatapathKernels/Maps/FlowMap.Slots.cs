using System.Runtime.CompilerServices;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

/// <content>
/// What a map that keeps something beside each entry needs: the place of a key. A place is 8 times its bucket's index plus
/// its slot, and stays a key's own until the next insertion or deletion.
/// </content>
public sealed unsafe partial class FlowMap<TKey, TValue>
{
    /// <summary>Places of a bucket, of which five are used.</summary>
    internal const int PlacesPerBucket = 8;

    /// <summary>A byte for each place, of the owner's, that goes with the place's key where that is moved; null for none.</summary>
    internal byte* Marks { get; set; }

    /// <summary>Buckets of the map.</summary>
    internal ulong BucketCount => _bucketCount;

    /// <summary>The hash of a key; its home and its place's line are then asked of the memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong Prepare(in TKey key)
    {
        ulong hash = TKey.Hash(in key, in _secret);
        PrefetchBucket(HomeOf(_buckets, _bucketCount, hash));
        return hash;
    }

    /// <summary>The same of many keys.</summary>
    internal void Prepare(ReadOnlySpan<TKey> keys, Span<ulong> hashes)
    {
        TKey.Hash(keys, hashes, in _secret);
        byte* buckets = _buckets;
        ulong count = _bucketCount;
        foreach (ulong hash in hashes[..keys.Length])
            PrefetchBucket(HomeOf(buckets, count, hash));
    }

    /// <summary>The hash of a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong HashOf(in TKey key) => TKey.Hash(in key, in _secret);

    /// <summary>The first place of a hash's home.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal nuint HomePlace(ulong hash) => (nuint)HomeIndex(_bucketCount, hash) * PlacesPerBucket;

    /// <summary>The value and the place of a key, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal TValue* Locate(in TKey key, ulong hash, out nuint place)
    {
        byte* bucket = HomeOf(Buckets, _bucketCount, hash);
        ulong match = Find(ref bucket, hash, in key);
        place = 0;
        if (match == 0)
            return null;
        place = PlaceOf(bucket, match);
        return ValueOfBit(bucket, match);
    }

    /// <summary>Puts a key in that is not there; there is room for it. Returns its place.</summary>
    internal nuint Add(in TKey key, ulong hash, in TValue value)
    {
        byte* bucket = HomeOf(Buckets, _bucketCount, hash);
        Insert(bucket, hash, in key, in value);
        _count++;

        // First, as it moves the bucket on to where the key stands.
        ulong match = Find(ref bucket, hash, in key);
        return PlaceOf(bucket, match);
    }

    /// <summary>True for a place that holds a key.</summary>
    internal bool IsTaken(nuint place)
    {
        int slot = (int)(place % PlacesPerBucket);
        return (ReadWord(Buckets + (place / PlacesPerBucket * (nuint)BucketBytes)) & BitOf(slot) & AllSlots) != 0;
    }

    /// <summary>Takes out the key at a place that holds one, and says what it was.</summary>
    internal void RemoveAt(nuint place, out TKey key, out TValue value)
    {
        byte* bucket = Buckets + (place / PlacesPerBucket * (nuint)BucketBytes);
        int slot = (int)(place % PlacesPerBucket);
        key = KeyAt(bucket, slot);
        value = *ValueAt(bucket, slot);
        Remove(HomeOf(_buckets, _bucketCount, TKey.Hash(in key, in _secret)), bucket, BitOf(slot));
    }

    /// <summary>How many buckets a lookup of a key reads: the measure of how crowded its part of the table is.</summary>
    internal int BucketsRead(in TKey key)
    {
        ulong hash = HashOf(in key);
        byte* home = HomeOf(Buckets, _bucketCount, hash), bucket = home;
        int read = 1;
        for (ulong word = ReadWord(bucket); Match<ScalarIsa>(bucket, word, in key) == 0 && (BucketWord.MayHavePassed(word, hash) & 1) != 0; read++)
        {
            bucket = Next(bucket);
            word = ReadWord(bucket);
            if (bucket == home)
                break;
        }

        return read;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nuint PlaceOf(byte* bucket, ulong match) =>
        ((nuint)(bucket - _buckets) / (nuint)BucketBytes * PlacesPerBucket) + (nuint)FirstSlot(match);
}
