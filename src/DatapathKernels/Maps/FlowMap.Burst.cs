using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

/// <content>
/// Lookups of many keys. A block of up to 64 goes through four passes: <c>Start</c> hashes all, eight at a time, and their homes are
/// prefetched; <c>Compare</c> compares all, without a branch on what is found; <c>Settle</c> works out which were found and
/// which their home did not settle, again eight at a time; <c>Resolve</c> settles those few. A burst is one block. A stream is many, a
/// pipeline in which the memory always has the homes of two blocks to fetch while a third is compared: it has a start and an
/// end to pay for once in 4,096 keys instead of once in 32.
/// </content>
public sealed unsafe partial class FlowMap<TKey, TValue>
{
    /// <summary>The most keys <see cref="LookupBurst(ReadOnlySpan{TKey}, Span{TValue})"/> takes: one bit of a word each.</summary>
    public const int MaxBurst = ProbeBlock.Keys;

    // Blocks between Start and Compare: 128 keys, 256 lines. Twice what the core has in flight, so that it never runs dry.
    private const int BlocksAhead = 2, BlockRing = 4;

    // A stream starts so many keys between comparing as many, and asks for the home of one with each that it compares: in larger
    // steps the core would ask for lines and wait for room to ask for more, then compare while the memory idles.
    private const int StreamStep = 16;

    // Up to so many bytes a map is in the core's own caches, and asking ahead costs more than it gains.
    private const ulong NearBytes = 256 << 10;

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
        _ = Buckets;
        if (keys.Length > MaxBurst)
            Throw.Argument(nameof(keys), "expected at most 64 keys");
        if (values.Length < keys.Length)
            Throw.Argument(nameof(values), "expected room for one value a key");
        byte* memory = stackalloc byte[ProbeBlock.BytesFor(1)];
        ProbeBlock* block = ProbeBlock.Align(memory);
        ref TKey key = ref MemoryMarshal.GetReference(keys);
        ref TValue value = ref MemoryMarshal.GetReference(values);
        Start<TIsa>(block, ref key, 0, keys.Length);
        if (IsFar)
            PrefetchHomes(block->Homes, keys.Length);
        ulong changed = Compare<TIsa>(block, ref key, ref value, 0, keys.Length);
        ulong hits = Settle<TIsa>(block, ref value, keys.Length, changed, out ulong pending);
        if (pending != 0)
            hits |= Resolve(block, ref key, ref value, pending);
        GC.KeepAlive(this);
        return hits;
    }

    [SkipLocalsInit]
    internal int LookupStream<TIsa>(ReadOnlySpan<TKey> keys, Span<TValue> values, Span<ulong> hits)
        where TIsa : struct, IIsa
    {
        _ = Buckets;
        int length = keys.Length, blocks = (length + MaxBurst - 1) / MaxBurst;
        if (values.Length < length)
            Throw.Argument(nameof(values), "expected room for one value a key");
        if (hits.Length < blocks)
            Throw.Argument(nameof(hits), "expected one word for each 64 keys begun");
        byte* memory = stackalloc byte[ProbeBlock.BytesFor(BlockRing)];
        ProbeBlock* ring = ProbeBlock.Align(memory);
        ref TKey key = ref MemoryMarshal.GetReference(keys);
        ref TValue value = ref MemoryMarshal.GetReference(values);
        ulong pending = 0;
        (int ahead, int step) = IsFar ? (BlocksAhead, StreamStep) : (0, MaxBurst);
        int found = 0;
        for (int block = -ahead; block <= blocks; block++)
        {
            int first = block * MaxBurst, starting = (block + ahead) * MaxBurst;
            ProbeBlock* probes = ring + (block & (BlockRing - 1)), started = ring + ((block + ahead) & (BlockRing - 1));
            ulong changed = 0;
            for (int from = 0; from < MaxBurst; from += step)
            {
                int startTo = Math.Min(from + step, length - starting), compareTo = Math.Min(from + step, length - first);
                if (from < startTo)
                    Start<TIsa>(started, ref Unsafe.Add(ref key, starting), from, startTo);
                bool compares = block >= 0 && from < compareTo, asks = ahead > 0 && from < startTo;
                if (compares && asks && startTo == compareTo)
                {
                    changed |= CompareAsking<TIsa>(probes, started, ref Unsafe.Add(ref key, first), ref Unsafe.Add(ref value, first), from, compareTo);
                    continue;
                }

                if (asks)
                    PrefetchHomes(started->Homes + from, startTo - from);
                if (compares)
                    changed |= Compare<TIsa>(probes, ref Unsafe.Add(ref key, first), ref Unsafe.Add(ref value, first), from, compareTo);
            }

            // The block before this one: what it left has been prefetched since.
            int before = first - MaxBurst;
            if (pending != 0)
                hits[block - 1] |= Resolve(ring + ((block - 1) & (BlockRing - 1)), ref Unsafe.Add(ref key, before), ref Unsafe.Add(ref value, before), pending);
            if (block > 0)
                found += BitOperations.PopCount(hits[block - 1]);
            pending = 0;
            if (block >= 0 && block < blocks)
                hits[block] = Settle<TIsa>(probes, ref Unsafe.Add(ref value, first), Math.Min(MaxBurst, length - first), changed, out pending);
        }

        GC.KeepAlive(this);
        return found;
    }

    private bool IsFar => _bucketCount * (ulong)BucketBytes > NearBytes;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong Resolve(ProbeBlock* block, ref TKey key, ref TValue value, ulong pending)
    {
        ulong hits = 0;
        for (; pending != 0; pending &= pending - 1)
        {
            int i = BitOperations.TrailingZeroCount(pending);
            if (LookupFurther(in Unsafe.Add(ref key, i), block->Hashes[i], out Unsafe.Add(ref value, i)) == MapError.Ok)
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
}
