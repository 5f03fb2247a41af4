using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

public sealed unsafe partial class FlowMap<TKey, TValue>
{
    /// <summary>
    /// The value of a key. With few exceptions (3 % of hits, 1 % of misses) one bucket is read and no branch depends on what is
    /// found, so that the lookups of a loop overlap in the CPU.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value; default when there is none.</param>
    /// <returns><see cref="MapError.Ok"/> or <see cref="MapError.NotFound"/>.</returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public MapError Lookup(in TKey key, out TValue value) => Lookup<NativeIsa>(in key, out value);

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal MapError Lookup<TIsa>(in TKey key, out TValue value)
        where TIsa : struct, IIsa
    {
        byte* buckets = _buckets;
        if (buckets == null)
            Throw.Disposed(nameof(FlowMap<TKey, TValue>));
        ulong hash = TKey.Hash(in key, in _secret);
        ulong unresolved = Probe<TIsa>(HomeOf(buckets, _bucketCount, hash), hash, in key, out value, out ulong missing);
        MapError error = (MapError)((uint)missing & (uint)MapError.NotFound);
        if (unresolved != 0)
        {
            // A variable of its own keeps the caller's in a register.
            error = LookupFurther(in key, hash, out TValue further);
            value = further;
        }

        GC.KeepAlive(this);
        return error;
    }

    /// <summary>
    /// Looks in one bucket. Not zero when that did not settle it. As few instructions as possible depend on the bucket: those that
    /// wait for the memory fill the core's queues, and how many lookups of a loop overlap is decided there.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Probe<TIsa>(byte* bucket, ulong hash, in TKey key, out TValue value, out ulong missing)
        where TIsa : struct, IIsa
    {
        ulong passBit = BucketWord.PassBit(hash), word = ReadWord(bucket);
        ulong match = Match<TIsa>(bucket, word, in key);
        missing = (ulong)((long)(match - 1) >> 63);
        value = ValueOr0(ValueOfBit(bucket, match | LastSlot), missing);
        Volatile.ReadBarrier();
        return (word & passBit & missing) | (word ^ ReadWord(bucket));
    }

    /// <summary>The value where the mask is 0, zero bytes where it is all ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TValue ValueOr0(TValue* value, ulong missing)
    {
        if (sizeof(TValue) == 8)
            return Unsafe.BitCast<ulong, TValue>(~missing & *(ulong*)value);
        if (sizeof(TValue) == 4)
            return Unsafe.BitCast<uint, TValue>(~(uint)missing & *(uint*)value);
        return missing == 0 ? *value : default;
    }

    /// <summary>
    /// The whole search, for the few that the home bucket did not settle. A bucket is read between two readings of its word
    /// that agree; a miss needs that the home's word has not changed since the start, because the writer advances it
    /// whenever it moves a key of that home.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private MapError LookupFurther(in TKey key, ulong hash, out TValue value)
    {
        byte* home = HomeOf(_buckets, _bucketCount, hash);
        MapError error;
        while ((error = LookupOnce(home, hash, in key, out value)) == MapError.Busy)
            Thread.SpinWait(1);
        GC.KeepAlive(this);
        return error;
    }

    private MapError LookupOnce(byte* home, ulong hash, in TKey key, out TValue value)
    {
        byte* bucket = home;
        ulong homeWord = ReadWord(home), word = homeWord;
        do
        {
            value = default;
            if ((word & BucketWord.Busy) != 0)
                return MapError.Busy;
            ulong match = Match<NativeIsa>(bucket, word, in key);
            if (match != 0)
                value = *ValueOfBit(bucket, match);
            Volatile.ReadBarrier();
            if (ReadWord(bucket) != word)
                return MapError.Busy;
            if (match != 0)
                return MapError.Ok;
            if ((BucketWord.MayHavePassed(word, hash) & 1) == 0)
                break;
            bucket = Next(bucket);
            word = ReadWord(bucket);
        }
        while (bucket != home);
        Volatile.ReadBarrier();
        return ReadWord(home) == homeWord ? MapError.NotFound : MapError.Busy;
    }
}
