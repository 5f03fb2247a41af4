using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;
using DatapathKernels.Memory;

namespace DatapathKernels.Maps;

/// <summary>
/// A hash map of fixed capacity with the meaning of Linux's BPF_MAP_TYPE_HASH (kernel/bpf/hashtab.c): the same operations,
/// flags and errors, in the same order of checks. Open addressing in native memory: 48 bytes an entry at capacity for a
/// 16-byte key and an 8-byte value, and one bucket of two adjacent cache lines read for nearly every lookup.
/// </summary>
/// <remarks>
/// <para>
/// <b>Threads.</b> One thread at a time may write (update, delete, a batch of them, dispose). Any number of others may look
/// up, iterate and read batches meanwhile, without locks: they see each entry as it was or as it is, never a mix of two
/// values, and never miss a key that is there throughout. A reader repeats its look when the writer was in the same bucket;
/// it waits only while a value that is not 8 bytes long is being changed in place. Alone, a reader pays one compare for it.
/// </para>
/// <para>
/// <b>Keys</b> are what <see cref="IHashKey{TSelf}"/> says; <see cref="RawKey{T}"/> makes one of any unmanaged type. The seed
/// is random by default, so that strangers who choose the keys cannot choose which collide. If all collide nevertheless the
/// map stays correct, and as slow as a list.
/// </para>
/// <para>
/// <b>Dispose</b> gives the memory back at once; every later call throws. Threads that are inside a call at that moment are
/// the caller's to wait for.
/// </para>
/// </remarks>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TValue">The value.</typeparam>
public sealed unsafe partial class FlowMap<TKey, TValue> : IDisposable
    where TKey : unmanaged, IHashKey<TKey>
    where TValue : unmanaged
{
    /// <summary>The most entries a map can be made for: 2^28.</summary>
    public const int MaxCapacity = 1 << 28;

    private readonly NativeBuffer _memory;
    private readonly ulong _bucketCount;
    private readonly HashSecret _secret;
    private byte* _buckets;
    private int _count;

    /// <summary>Makes an empty map with a random seed.</summary>
    /// <param name="capacity">The most entries it will hold, 1 to <see cref="MaxCapacity"/>: exactly so many fit, not one more.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such capacity, or more memory than the machine has.</exception>
    /// <exception cref="OutOfMemoryException">The OS has no such memory now.</exception>
    public FlowMap(int capacity)
        : this(capacity, RandomSeed())
    {
    }

    /// <summary>Makes an empty map with a seed of the caller's: the same keys are then walked in the same order.</summary>
    /// <param name="capacity">The most entries it will hold, 1 to <see cref="MaxCapacity"/>.</param>
    /// <param name="seed">Seed of the hash. Keep it secret, and random, where strangers choose the keys.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such capacity, or more memory than the machine has.</exception>
    /// <exception cref="OutOfMemoryException">The OS has no such memory now.</exception>
    public FlowMap(int capacity, ulong seed)
    {
        if (capacity is < 1 or > MaxCapacity)
            Throw.OutOfRange(nameof(capacity), capacity, $"a map holds 1 to {MaxCapacity} (2^28) entries");
        Capacity = capacity;
        _secret = new HashSecret(seed);
        _bucketCount = BucketsFor(capacity);
        ulong bytes = _bucketCount * (ulong)BucketBytes, machine = (ulong)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > machine)
            Throw.OutOfRange(nameof(capacity), capacity, $"so many entries take {bytes} bytes; the machine has {machine}");
        _memory = new NativeBuffer((nuint)bytes);
        _buckets = _memory.Pointer;
    }

    /// <summary>The most entries the map holds.</summary>
    public int Capacity { get; }

    /// <summary>The entries it holds now. Beside a writer, of a moment ago.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>All of its native memory in bytes.</summary>
    public long MemoryBytes => (long)_memory.Length;

    private byte* Buckets
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            byte* buckets = _buckets;
            if (buckets == null)
                Throw.Disposed(nameof(FlowMap<TKey, TValue>));
            return buckets;
        }
    }

    /// <summary>Gives the memory back. Calling it twice is harmless.</summary>
    public void Dispose()
    {
        _buckets = null;
        _memory.Dispose();
    }

    private static ulong RandomSeed()
    {
        ulong seed = 0;
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref seed)));
        return seed;
    }
}
