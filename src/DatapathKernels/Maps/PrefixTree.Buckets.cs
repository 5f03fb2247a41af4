using System.Runtime.CompilerServices;

namespace DatapathKernels.Maps;

/// <content>
/// Buckets of few routes, where a tree has them. A bucket is never changed but for the entries in it: it is copied with the
/// change, the copy is published by one store, and the old one may be taken again.
/// </content>
internal sealed unsafe partial class PrefixTree
{
    /// <summary>Set, beside <see cref="HasGroup"/>, in an entry that leads to a bucket; the number stands below.</summary>
    private const uint HasBucket = HasGroup | (1u << 30);

    /// <summary>Set in an entry whose bucket has a route longer than 64 bits.</summary>
    private const uint HasLongBucket = HasBucket | (1u << 29);

    private const uint BucketNumber = (1u << 29) - 1;

    /// <summary>True when an entry leads to a group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsGroup(uint entry) => entry >> 30 == HasGroup >> 30;

    /// <summary>True when an entry leads to a bucket.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsBucket(uint entry) => entry >= HasBucket;

    /// <summary>True when a bucket's second line must be read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLong(uint entry) => entry >= HasLongBucket;

    /// <summary>The number of an entry's bucket.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint BucketOf(uint entry) => entry & BucketNumber;

    /// <summary>The same without a branch, and 0 for an entry that leads to no bucket: to ask the memory for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nuint BucketOrFirst(uint entry) => entry & BucketNumber & (uint)((int)(entry & (entry << 1)) >> 31);

    /// <summary>Groups that one route more would take where a bucket stands.</summary>
    private static int GroupsToPart(RouteBucket* bucket, int end, RoutePrefix prefix)
    {
        if (bucket->Count < RouteBucket.Routes)
            return 0;
        int groups = 1;
        for (end += 8; AllBelow(bucket, end, prefix); end += 8)
            groups++;
        return groups;
    }

    /// <summary>True when all of a bucket's routes and another one are longer than so many bits, and the same in these.</summary>
    private static bool AllBelow(RouteBucket* bucket, int bits, RoutePrefix prefix)
    {
        for (int i = 0; i < bucket->Count; i++)
        {
            RoutePrefix other = bucket->PrefixAt(i);
            if (other.Length <= bits || RoutePrefix.Of(other.Bits ^ prefix.Bits, bits).Bits != 0)
                return false;
        }

        return prefix.Length > bits;
    }

    /// <summary>Writes a route into the bucket at a place, which may have none yet. False when it is full.</summary>
    private bool TryInsertIntoBucket(ref uint place, RoutePrefix prefix, uint route)
    {
        uint entry = place;
        if (!IsBucket(entry))
        {
            RouteBucket* first = TakeBucket(out uint number);
            first->Start(prefix, route, entry);
            PublishBucket(ref place, number);
            return true;
        }

        RouteBucket* bucket = Buckets + BucketOf(entry);
        int known = bucket->IndexOf(prefix);
        if (known >= 0)
        {
            Volatile.Write(ref bucket->Entries[known], route);
            return true;
        }

        if (bucket->Count == RouteBucket.Routes)
            return false;
        TakeBucket(out uint copy)->CopyWith(bucket, prefix, route);
        PublishBucket(ref place, copy);
        ReleaseBucket(entry);
        return true;
    }

    /// <summary>Takes a route out of the bucket at a place; with the last one goes the bucket.</summary>
    private void RemoveFromBucket(ref uint place, RoutePrefix prefix)
    {
        uint entry = place;
        RouteBucket* bucket = Buckets + BucketOf(entry);
        if (bucket->Count == 1)
        {
            Volatile.Write(ref place, bucket->Entries[RouteBucket.Routes]);
        }
        else
        {
            TakeBucket(out uint copy)->CopyWithout(bucket, bucket->IndexOf(prefix));
            PublishBucket(ref place, copy);
        }

        ReleaseBucket(entry);
    }

    /// <summary>Puts a group in the place of an entry; what was in its bucket is in the group before that is seen.</summary>
    private void MakeGroup(Node node, int index)
    {
        uint entry = node.Entries[index];
        RouteBucket* bucket = IsBucket(entry) ? Buckets + BucketOf(entry) : null;
        uint group = HasGroup | TakeGroup(bucket == null ? entry : bucket->Entries[RouteBucket.Routes], node.Depths[index]);
        for (int i = 0; bucket != null && i < bucket->Count; i++)
            Insert(Child(node, group), bucket->PrefixAt(i), bucket->Entries[i]);
        Volatile.Write(ref node.Entries[index], group);
        if (bucket != null)
            ReleaseBucket(entry);
    }

    private RouteBucket* TakeBucket(out uint number)
    {
        Interlocked.Increment(ref _version);
        number = (uint)FreeBuckets[--_freeBucketCount];
        return Buckets + number;
    }

    private void PublishBucket(ref uint place, uint number) =>
        Volatile.Write(ref place, number | (Buckets[number].IsLong ? HasLongBucket : HasBucket));

    private void ReleaseBucket(uint entry) => FreeBuckets[_freeBucketCount++] = (int)BucketOf(entry);
}
