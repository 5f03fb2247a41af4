using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;
using DatapathKernels.Memory;

namespace DatapathKernels.Maps;

/// <summary>
/// <c>BPF_MAP_TYPE_LRU_HASH</c> as Linux 6.1 has it, eviction for eviction: a full map makes room for new entries by giving up old
/// ones.
/// </summary>
/// <remarks>
/// <para>
/// It is the kernel's approximation, with its surprises. One insertion may give up as many as 128 entries (4 in the per-CPU
/// form), so a small full map can shrink to a single entry; and the node for an update is taken before the key is looked
/// for, so an update that asks for a known key may evict that very key and answer NotFound. Where these do not matter use a
/// map that has them not.
/// </para>
/// <para>One thread at a time; the CPU whose lists an insertion uses is an argument.</para>
/// </remarks>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TValue">The value.</typeparam>
public sealed unsafe class BpfLruMap<TKey, TValue> : IDisposable
    where TKey : unmanaged, IHashKey<TKey>
    where TValue : unmanaged
{
    /// <summary>The most entries a map can be made for: 2^28.</summary>
    public const int MaxCapacity = 1 << 28;

    /// <summary>The most CPUs.</summary>
    public const int MaxCpus = 8192;

    private readonly FlowMap<TKey, int> _index;
    private readonly NativeBuffer _entries;
    private readonly BpfLruLists _lists;

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public TKey Key;
        public TValue Value;
    }

    /// <summary>Makes an empty map with a random seed.</summary>
    /// <inheritdoc cref="BpfLruMap{TKey, TValue}.BpfLruMap(int, int, bool, ulong)"/>
    public BpfLruMap(int capacity, int cpus = 1, bool perCpu = false)
        : this(capacity, cpus, perCpu, Random64())
    {
    }

    /// <summary>Makes an empty map.</summary>
    /// <param name="capacity">The most entries, 1 to <see cref="MaxCapacity"/>; in the per-CPU form rounded up to a multiple of the CPUs, each of which has its share.</param>
    /// <param name="cpus">CPUs with local lists, 1 to <see cref="MaxCpus"/>.</param>
    /// <param name="perCpu">True for <c>BPF_F_NO_COMMON_LRU</c>: a set of lists for each CPU.</param>
    /// <param name="seed">Seed of the hash.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such capacity or number of CPUs.</exception>
    /// <exception cref="OutOfMemoryException">The OS has no such memory now.</exception>
    public BpfLruMap(int capacity, int cpus, bool perCpu, ulong seed)
    {
        if (capacity is < 1 or > MaxCapacity)
            Throw.OutOfRange(nameof(capacity), capacity, $"a map holds 1 to {MaxCapacity} (2^28) entries");
        if (cpus is < 1 or > MaxCpus)
            Throw.OutOfRange(nameof(cpus), cpus, $"a map serves 1 to {MaxCpus} CPUs");
        if (perCpu)
            capacity = (capacity + cpus - 1) / cpus * cpus;
        Capacity = capacity;
        Cpus = cpus;
        _index = new FlowMap<TKey, int>(capacity, seed);
        _entries = new NativeBuffer((nuint)capacity * (nuint)sizeof(Entry));
        _lists = new BpfLruLists(capacity, cpus, perCpu, Evict);
    }

    /// <summary>The most entries the map holds.</summary>
    public int Capacity { get; }

    /// <summary>CPUs with local lists.</summary>
    public int Cpus { get; }

    /// <summary>Entries in it.</summary>
    public int Count => _index.Count;

    /// <summary>Entries given up so far to make room for others.</summary>
    public long Evictions { get; private set; }

    /// <summary>Called with every entry that is given up, in order, before its place is used again; null to let them go unseen. It must not call the map.</summary>
    public Action<TKey, TValue>? Evicted { get; set; }

    /// <summary>Bytes of native memory.</summary>
    public long MemoryBytes => _index.MemoryBytes + (long)_entries.Length + _lists.MemoryBytes;

    /// <summary>The datapath's lookup: the entry counts as used.</summary>
    /// <returns>NotFound when the key is not there.</returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError Lookup(in TKey key, out TValue value)
    {
        if (_index.Lookup(key, out int node) != MapError.Ok)
        {
            value = default;
            return MapError.NotFound;
        }

        _lists.Touch(node);
        value = At(node).Value;
        return MapError.Ok;
    }

    /// <summary>The control plane's lookup: it does not count as use.</summary>
    /// <inheritdoc cref="Lookup"/>
    public MapError Peek(in TKey key, out TValue value)
    {
        bool found = _index.Lookup(key, out int node) == MapError.Ok;
        value = found ? At(node).Value : default;
        return found ? MapError.Ok : MapError.NotFound;
    }

    /// <summary>Adds an entry, or gives one another value, which counts as use.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="flags">Any, NoExist or Exist.</param>
    /// <param name="cpu">The CPU it runs on, below <see cref="Cpus"/>.</param>
    /// <returns>Invalid for an unknown flag or CPU; NoMemory when no node is to be had; Exists and NotFound as the flags ask. Never for want of room.</returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError Update(in TKey key, in TValue value, MapUpdate flags = MapUpdate.Any, int cpu = 0)
    {
        if (flags > MapUpdate.Exist || (uint)cpu >= (uint)Cpus)
            return MapError.Invalid;
        int node = _lists.Pop(cpu);
        if (node == BpfLruLists.None)
            return MapError.NoMemory;
        At(node) = new Entry { Key = key, Value = value };
        bool known = _index.Lookup(key, out int old) == MapError.Ok;
        MapError refused = known && flags == MapUpdate.NoExist ? MapError.Exists : !known && flags == MapUpdate.Exist ? MapError.NotFound : MapError.Ok;
        if (refused == MapError.Ok)
            refused = _index.Update(key, node);
        if (refused != MapError.Ok)
        {
            _lists.Push(node);
            return refused;
        }

        if (known)
        {
            _lists.SetReferenced(node);
            _lists.Push(old);
        }

        return MapError.Ok;
    }

    /// <summary>Takes an entry out.</summary>
    /// <returns>NotFound when the key is not there.</returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError Delete(in TKey key) => LookupAndDelete(key, out _);

    /// <summary>Takes an entry out and tells its value.</summary>
    /// <returns>NotFound when the key is not there.</returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError LookupAndDelete(in TKey key, out TValue value)
    {
        value = default;
        if (_index.LookupAndDelete(key, out int node) != MapError.Ok)
            return MapError.NotFound;
        value = At(node).Value;
        _lists.Push(node);
        return MapError.Ok;
    }

    /// <summary>The first key of a walk over all of them; see <see cref="FlowMap{TKey, TValue}.GetFirstKey"/>.</summary>
    public MapError GetFirstKey(out TKey key) => _index.GetFirstKey(out key);

    /// <summary>The key after this one; the first when this one is not there. See <see cref="FlowMap{TKey, TValue}.GetNextKey"/>.</summary>
    public MapError GetNextKey(in TKey key, out TKey next) => _index.GetNextKey(key, out next);

    /// <summary>Gives the memory back; later calls throw.</summary>
    public void Dispose()
    {
        _index.Dispose();
        _entries.Dispose();
        _lists.Dispose();
    }

    private bool Evict(int node)
    {
        // A node that waits for its key to be stored stands on a list already; its key may belong to another one.
        if (_index.Lookup(At(node).Key, out int owner) != MapError.Ok || owner != node)
            return false;
        _index.Delete(At(node).Key);
        Evictions++;
        Evicted?.Invoke(At(node).Key, At(node).Value);
        return true;
    }

    private static ulong Random64()
    {
        Span<byte> bytes = stackalloc byte[8];
        System.Security.Cryptography.RandomNumberGenerator.Fill(bytes);
        return MemoryMarshal.Read<ulong>(bytes);
    }

    // SAFE: nodes are those of the lists, as many as there are entries
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Entry At(int node) => ref ((Entry*)_entries.Pointer)[node];
}
