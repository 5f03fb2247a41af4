using System.Runtime.CompilerServices;
using DatapathKernels.Diagnostics;
using DatapathKernels.Hashing;
using DatapathKernels.Memory;

namespace DatapathKernels.Maps;

/// <summary>
/// A <see cref="FlowMap{TKey, TValue}"/> with a value for each CPU, as Linux's BPF_MAP_TYPE_PERCPU_HASH: the datapath on a
/// CPU reads and writes its own value, the control plane all of them.
/// </summary>
/// <remarks>
/// <para>
/// Values stand in one area a CPU, each rounded up to 8 bytes, so CPUs share no cache line but at the edges. "CPU" is a
/// number the caller gives, 0 to <see cref="Cpus"/> - 1: a worker thread, say.
/// </para>
/// <para>
/// <b>Threads.</b> A CPU's updates of keys that exist touch its own values only and may run beside everything else. Inserts,
/// deletes and the control plane's updates: one thread at a time. As in BPF, a CPU that updates a key while another thread
/// deletes it may write into the values of the next key inserted.
/// </para>
/// </remarks>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TValue">The value of a key on one CPU.</typeparam>
public sealed unsafe partial class PerCpuFlowMap<TKey, TValue> : IDisposable
    where TKey : unmanaged, IHashKey<TKey>
    where TValue : unmanaged
{
    private readonly FlowMap<TKey, int> _places;
    private readonly NativeBuffer _values;
    private readonly NativeBuffer _free;
    private readonly nuint _areaBytes;

    /// <summary>Makes an empty map with a random seed.</summary>
    /// <param name="capacity">The most keys, 1 to <see cref="FlowMap{TKey, TValue}.MaxCapacity"/>.</param>
    /// <param name="cpus">Values of a key, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such capacity or number of CPUs, or more memory than the machine has.</exception>
    public PerCpuFlowMap(int capacity, int cpus)
        : this(new FlowMap<TKey, int>(capacity), cpus)
    {
    }

    /// <summary>Makes an empty map with a seed of the caller's.</summary>
    /// <inheritdoc cref="PerCpuFlowMap{TKey, TValue}(int, int)"/>
    /// <param name="capacity">The most keys.</param>
    /// <param name="cpus">Values of a key.</param>
    /// <param name="seed">Seed of the hash.</param>
    public PerCpuFlowMap(int capacity, int cpus, ulong seed)
        : this(new FlowMap<TKey, int>(capacity, seed), cpus)
    {
    }

    private PerCpuFlowMap(FlowMap<TKey, int> places, int cpus)
    {
        _places = places;
        if (cpus < 1)
            Throw.OutOfRange(nameof(cpus), cpus, "a key has a value on 1 CPU or more");
        ulong area = (((ulong)Capacity * (ulong)ValueStride) + NativeBuffer.CacheLine - 1) & ~(ulong)(NativeBuffer.CacheLine - 1);
        ulong machine = (ulong)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (area > machine / (ulong)cpus)
            Throw.OutOfRange(nameof(cpus), cpus, $"each CPU's values take {area} bytes; the machine has {machine}");
        Cpus = cpus;
        _areaBytes = (nuint)area;
        _values = new NativeBuffer(_areaBytes * (nuint)cpus);
        _free = new NativeBuffer((nuint)Capacity * sizeof(int));
        for (int i = 0; i < Capacity; i++)
            Free[i] = i;
    }

    /// <summary>Bytes of a value in the control plane's arrays: its size rounded up to 8.</summary>
    public static int ValueStride => (sizeof(TValue) + 7) & ~7;

    /// <summary>Values of a key.</summary>
    public int Cpus { get; }

    /// <summary>The most keys the map holds.</summary>
    public int Capacity => _places.Capacity;

    /// <summary>The keys it holds now.</summary>
    public int Count => _places.Count;

    /// <summary>All of its native memory in bytes.</summary>
    public long MemoryBytes => _places.MemoryBytes + (long)_values.Length + (long)_free.Length;

    // A stack of the places no key has: its first Capacity - Count elements.
    private int* Free => (int*)_free.Pointer;

    /// <summary>Takes a key and all of its values out.</summary>
    /// <returns><see cref="MapError.Ok"/> or <see cref="MapError.NotFound"/>.</returns>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError Delete(in TKey key)
    {
        MapError error = _places.LookupAndDelete(in key, out int place);
        if (error == MapError.Ok)
            Free[Capacity - Count - 1] = place;
        return error;
    }

    /// <inheritdoc cref="FlowMap{TKey, TValue}.GetFirstKey"/>
    public MapError GetFirstKey(out TKey key) => _places.GetFirstKey(out key);

    /// <inheritdoc cref="FlowMap{TKey, TValue}.GetNextKey"/>
    public MapError GetNextKey(in TKey key, out TKey next) => _places.GetNextKey(in key, out next);

    /// <summary>Gives the memory back. Calling it twice is harmless.</summary>
    public void Dispose()
    {
        _places.Dispose();
        _values.Dispose();
        _free.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TValue* ValueOf(int place, int cpu) => (TValue*)(_values.Pointer + ((nuint)cpu * _areaBytes) + ((nuint)place * (nuint)ValueStride));

    private void CheckCpu(int cpu)
    {
        if ((uint)cpu >= (uint)Cpus)
            Throw.OutOfRange(nameof(cpu), cpu, $"expected a CPU of 0 to {Cpus - 1}");
    }

    /// <summary>The place of a key, a new one if need be and the flags allow it.</summary>
    private MapError PlaceOf(in TKey key, MapUpdate flags, out int place, out bool isNew)
    {
        isNew = false;
        place = -1;
        if (flags > MapUpdate.Exist)
            return MapError.Invalid;
        if (_places.Lookup(in key, out place) == MapError.Ok)
            return flags == MapUpdate.NoExist ? MapError.Exists : MapError.Ok;
        if (flags == MapUpdate.Exist)
            return MapError.NotFound;
        if (Count == Capacity)
            return MapError.TooBig;
        isNew = true;
        place = Free[Capacity - Count - 1];
        return MapError.Ok;
    }
}
