using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

/// <content>
/// Lookups of many keys. A block of up to 64 goes through three passes: <c>Start</c> hashes all and prefetches their homes;
/// <c>Finish</c> compares all, without a branch on what is found, and prefetches the next bucket for the few that their home
/// did not settle; <c>Resolve</c> settles those. A burst is one block. A stream is many, a pipeline in which the
/// memory always has the homes of two blocks to fetch while a third is compared: it has a start and an end to pay for once
/// in 4,096 keys instead of once in 32. Maps that fit L2 go the same way: a single pass was tried for them, and a burst
/// took up to a fifth longer.
/// </content>
public sealed unsafe partial class FlowMap<TKey, TValue>
{
    /// <summary>The most keys <see cref="LookupBurst(ReadOnlySpan{TKey}, Span{TValue})"/> takes: one bit of a word each.</summary>
    public const int MaxBurst = 64;

    // Blocks between Start and Finish: 128 keys, 256 lines. Twice what the core has in flight, so that it never runs dry.
    private const int BlocksAhead = 2, BlockRing = 4;

    /// <summary>The values of up to 64 keys: the same as <see cref="Lookup(in TKey, out TValue)"/> for each.</summary>
    /// <param name="keys">At most <see cref="MaxBurst"/> keys.</param>
    /// <param name="values">Receives their values in order, default for a key that is not there; as long as <paramref name="keys"/>.</param>
    /// <returns>Bit i is set when key i is there.</returns>
    /// <exception cref="ArgumentException">More than 64 keys, or fewer values than keys.</exception>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public ulong LookupBurst(ReadOnlySpan<TKey> keys, Span<TValue> values) => LookupBurst<NativeIsa>(keys, values);

    /// <summary>
    /// The values of any number of keys: the same as <see cref="Lookup(in TKey, out TValue)"/> for each, and the fastest way
    /// from some hundred keys on.
    /// </summary>
    /// <param name="keys">The keys.</param>
    /// <param name="values">Receives their values in order, default for a key that is not there; as long as <paramref name="keys"/>.</param>
    /// <param name="hits">Receives a bit a key: bit i % 64 of word i / 64 is set when key i is there, bits past the last key are 0.</param>
    /// <returns>The number of keys that are there.</returns>
    /// <exception cref="ArgumentException">Fewer values than keys, or fewer words than one for each 64 keys begun.</exception>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public int LookupStream(ReadOnlySpan<TKey> keys, Span<TValue> values, Span<ulong> hits) => LookupStream<NativeIsa>(keys, values, hits);

    [SkipLocalsInit]
    internal ulong LookupBurst<TIsa>(ReadOnlySpan<TKey> keys, Span<TValue> values)
        where TIsa : struct, IIsa
    {
        byte* buckets = Buckets;
        if (keys.Length > MaxBurst)
            Throw.Argument(nameof(keys), "expected at most 64 keys");
        if (values.Length < keys.Length)
            Throw.Argument(nameof(values), "expected room for one value a key");
        HomeProbe* probes = stackalloc HomeProbe[MaxBurst];
        ref TKey key = ref MemoryMarshal.GetReference(keys);
        ref TValue value = ref MemoryMarshal.GetReference(values);
        Start(probes, buckets, ref key, keys.Length);
        ulong hits = Finish<TIsa>(probes, ref key, ref value, keys.Length, out ulong pending);
        if (pending != 0)
            hits |= Resolve(probes, ref key, ref value, pending);
        GC.KeepAlive(this);
        return hits;
    }

    [SkipLocalsInit]
    internal int LookupStream<TIsa>(ReadOnlySpan<TKey> keys, Span<TValue> values, Span<ulong> hits)
        where TIsa : struct, IIsa
    {
        byte* buckets = Buckets;
        int blocks = (keys.Length + MaxBurst - 1) / MaxBurst;
        if (values.Length < keys.Length)
            Throw.Argument(nameof(values), "expected room for one value a key");
        if (hits.Length < blocks)
            Throw.Argument(nameof(hits), "expected one word for each 64 keys begun");
        HomeProbe* ring = stackalloc HomeProbe[BlockRing * MaxBurst];
        ref TKey key = ref MemoryMarshal.GetReference(keys);
        ref TValue value = ref MemoryMarshal.GetReference(values);
        int length = keys.Length;
        ulong pending = 0;
        for (int block = -BlocksAhead; block <= blocks; block++)
        {
            int first = (block + BlocksAhead) * MaxBurst;
            if (first < length)
                Start(Block(ring, block + BlocksAhead), buckets, ref Unsafe.Add(ref key, first), Math.Min(MaxBurst, length - first));

            // The block before this one: what it left has been prefetched since.
            first = (block - 1) * MaxBurst;
            if (pending != 0)
                hits[block - 1] |= Resolve(Block(ring, block - 1), ref Unsafe.Add(ref key, first), ref Unsafe.Add(ref value, first), pending);

            first = block * MaxBurst;
            pending = 0;
            if (block >= 0 && first < length)
                hits[block] = Finish<TIsa>(Block(ring, block), ref Unsafe.Add(ref key, first), ref Unsafe.Add(ref value, first), Math.Min(MaxBurst, length - first), out pending);
        }

        int found = 0;
        foreach (ulong word in hits[..blocks])
            found += BitOperations.PopCount(word);
        GC.KeepAlive(this);
        return found;
    }

    private static HomeProbe* Block(HomeProbe* ring, int block) => ring + ((block & (BlockRing - 1)) * MaxBurst);

    private void Start(HomeProbe* probes, byte* buckets, ref TKey key, int length)
    {
        ulong count = _bucketCount;
        HashSecret secret = _secret;
        for (int i = 0; i < length; i++)
        {
            ulong hash = TKey.Hash(in Unsafe.Add(ref key, i), in secret);
            byte* bucket = HomeOf(buckets, count, hash);
            PrefetchBucket(bucket);
            probes[i].Hash = hash;
            probes[i].Bucket = bucket;
        }
    }

    /// <summary>Returns the keys found; of those pending nothing is known yet.</summary>
    private ulong Finish<TIsa>(HomeProbe* probes, ref TKey key, ref TValue value, int length, out ulong pending)
        where TIsa : struct, IIsa
    {
        ulong hits = 0, unsettled = 0;
        for (int i = 0; i < length; i++)
        {
            ulong further = Probe<TIsa>(probes[i].Bucket, probes[i].Hash, in Unsafe.Add(ref key, i), out TValue found, out ulong hit);
            Unsafe.Add(ref value, i) = found;
            hits |= (hit & 1) << i;
            unsettled |= (further != 0 ? 1UL : 0) << i;
        }

        for (ulong left = unsettled; left != 0; left &= left - 1)
            PrefetchBucket(probes[BitOperations.TrailingZeroCount(left)].Bucket + BucketBytes);
        pending = unsettled;
        return hits & ~unsettled;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong Resolve(HomeProbe* probes, ref TKey key, ref TValue value, ulong pending)
    {
        ulong hits = 0;
        for (; pending != 0; pending &= pending - 1)
        {
            int i = BitOperations.TrailingZeroCount(pending);
            if (LookupFurther(in Unsafe.Add(ref key, i), probes[i].Hash, out Unsafe.Add(ref value, i)) == MapError.Ok)
                hits |= 1UL << i;
        }

        return hits;
    }

    /// <summary>The lines of a bucket: two adjacent ones come in little more than the time of one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchBucket(byte* bucket)
    {
        Prefetch.Read(bucket);
        if (BucketBytes > 64)
            Prefetch.Read(bucket + (BucketBytes > 128 ? WordAt & ~63 : 64));
    }

    /// <summary>What Start leaves for Finish.</summary>
    private struct HomeProbe
    {
        public ulong Hash;
        public byte* Bucket;
    }
}
