using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using DatapathKernels.Diagnostics;
using DatapathKernels.Simd;

namespace DatapathKernels.Maps;

public sealed unsafe partial class FlowMap<TKey, TValue>
{
    /// <summary>
    /// The value of a key. With few exceptions (4 % of hits, 1 % of misses) one bucket is read and no branch depends on what is
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
        ulong hash = TKey.Hash(in key, in _secret), passBit = BucketWord.PassBit(hash);
        byte* bucket = HomeOf(buckets, _bucketCount, hash);
        ulong word = ReadWord(bucket);
        MapError error = Probe<TIsa>(bucket, word, in key, out value);
        Volatile.ReadBarrier();

        // Whether the key was found does not matter here: that would cost every lookup more than it saves the few.
        if ((word & passBit) != 0 || ReadWord(bucket) != word)
        {
            // A variable of its own keeps the caller's in a register.
            error = LookupFurther(in key, hash, out TValue further);
            value = further;
        }

        GC.KeepAlive(this);
        return error;
    }

    /// <summary>Looks in one bucket whose word was read before, without a branch on what is found.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static MapError Probe<TIsa>(byte* bucket, ulong word, in TKey key, out TValue value)
        where TIsa : struct, IIsa
    {
        if (IsSplit && sizeof(TValue) == 8 && TIsa.V512 && Avx512F.IsSupported)
        {
            Vector512<ulong> found = ProbeSplit(bucket, in key, out ulong bits);
            value = Unsafe.BitCast<ulong, TValue>(bits);
            return ErrorOf(found.ExtractMostSignificantBits());
        }

        ulong match = Match<TIsa>(bucket, word, in key);
        value = ValueOr0(ValueOfBit(bucket, match | LastSlot), MissingOf(match));
        return ErrorOf(match);
    }

    /// <summary>
    /// The lane of a split key, all ones, and its value, 0 for none, by vectors alone. What waits for the memory fills the core's
    /// queues, and how many lookups of a loop overlap is decided there; of vector instructions it holds twice as many as of others.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> ProbeSplit(byte* bucket, in TKey key, out ulong value)
    {
        // SAFE: a bucket of split keys has two lines
        Vector512<ulong> low = Vector512.Load((ulong*)bucket), high = Vector512.Load((ulong*)(bucket + HalfStep));
        Vector512<ulong> taken = ~Vector512.Equals(Vector512.Create(*(ulong*)(bucket + WordAt)) & Vector512.Create(1UL, 0, 4, 8, 16, 0, 64, 0), Vector512<ulong>.Zero);
        Vector512<ulong> found = Vector512.Equals(low, Vector512.Create(HalfOf(in key, 0))) & Vector512.Equals(high, Vector512.Create(HalfOf(in key, 1))) & taken;
        Vector512<ulong> values = Avx512F.PermuteVar8x64x2(low, Vector512.Create(1UL, 0, 5, 7, 9, 0, 13, 0), high);
        value = Avx512F.Compress(Vector512<ulong>.Zero, found, values).ToScalar();
        return found;
    }

    /// <summary>All ones for a mask without slots.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MissingOf(ulong match) => (ulong)((long)(match - 1) >> 63);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static MapError ErrorOf(ulong match) => (MapError)((uint)MissingOf(match) & (uint)MapError.NotFound);

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
