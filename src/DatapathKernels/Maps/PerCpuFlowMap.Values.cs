using DatapathKernels.Diagnostics;

namespace DatapathKernels.Maps;

/// <content>The values: one CPU's for the datapath, all of them for the control plane.</content>
public sealed unsafe partial class PerCpuFlowMap<TKey, TValue>
{
    /// <summary>The datapath's lookup: the value of a key on one CPU.</summary>
    /// <returns><see cref="MapError.Ok"/> or <see cref="MapError.NotFound"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No such CPU.</exception>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError Lookup(in TKey key, int cpu, out TValue value)
    {
        CheckCpu(cpu);
        MapError error = _places.Lookup(in key, out int place);
        value = error == MapError.Ok ? *ValueOf(place, cpu) : default;
        return error;
    }

    /// <summary>
    /// The datapath's update: changes one CPU's value in place. A key that is new has zero bytes as value of every other CPU.
    /// </summary>
    /// <returns>As <see cref="FlowMap{TKey, TValue}.Update"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No such CPU.</exception>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError Update(in TKey key, int cpu, in TValue value, MapUpdate flags = MapUpdate.Any)
    {
        CheckCpu(cpu);
        MapError error = PlaceOf(in key, flags, out int place, out bool isNew);
        if (error != MapError.Ok)
            return error;
        for (int other = 0; isNew && other < Cpus; other++)
            *ValueOf(place, other) = default;
        *ValueOf(place, cpu) = value;
        return isNew ? _places.Update(in key, in place, MapUpdate.NoExist) : MapError.Ok;
    }

    /// <summary>The control plane's lookup: the values of a key on all CPUs, in their order.</summary>
    /// <param name="key">The key.</param>
    /// <param name="values">Receives <see cref="Cpus"/> values; untouched when there is no such key.</param>
    /// <returns><see cref="MapError.Ok"/> or <see cref="MapError.NotFound"/>.</returns>
    /// <exception cref="ArgumentException">Fewer values than CPUs.</exception>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError LookupAll(in TKey key, Span<TValue> values)
    {
        if (values.Length < Cpus)
            Throw.Argument(nameof(values), "expected room for one value a CPU");
        MapError error = _places.Lookup(in key, out int place);
        for (int cpu = 0; error == MapError.Ok && cpu < Cpus; cpu++)
            values[cpu] = *ValueOf(place, cpu);
        return error;
    }

    /// <summary>The same as bytes, laid out as BPF's system call does: every value takes <see cref="ValueStride"/> bytes.</summary>
    /// <param name="key">The key.</param>
    /// <param name="values">Receives <see cref="Cpus"/> times <see cref="ValueStride"/> bytes, those past a value 0.</param>
    /// <returns><see cref="MapError.Ok"/> or <see cref="MapError.NotFound"/>.</returns>
    /// <exception cref="ArgumentException">Fewer bytes.</exception>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError LookupBytes(in TKey key, Span<byte> values)
    {
        if (values.Length < Cpus * ValueStride)
            Throw.Argument(nameof(values), "expected room for one value a CPU, each rounded up to 8 bytes");
        MapError error = _places.Lookup(in key, out int place);
        for (int cpu = 0; error == MapError.Ok && cpu < Cpus; cpu++)
            new ReadOnlySpan<byte>(ValueOf(place, cpu), ValueStride).CopyTo(values[(cpu * ValueStride)..]);
        return error;
    }

    /// <summary>The control plane's update: the values of a key on all CPUs.</summary>
    /// <param name="key">The key.</param>
    /// <param name="values">A value for each CPU.</param>
    /// <param name="flags">When to do it.</param>
    /// <returns>As <see cref="FlowMap{TKey, TValue}.Update"/>.</returns>
    /// <exception cref="ArgumentException">Other than one value a CPU.</exception>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError UpdateAll(in TKey key, ReadOnlySpan<TValue> values, MapUpdate flags = MapUpdate.Any)
    {
        if (values.Length != Cpus)
            Throw.Argument(nameof(values), "expected one value a CPU");
        MapError error = PlaceOf(in key, flags, out int place, out bool isNew);
        for (int cpu = 0; error == MapError.Ok && cpu < Cpus; cpu++)
            *ValueOf(place, cpu) = values[cpu];
        return isNew ? _places.Update(in key, in place, MapUpdate.NoExist) : error;
    }

    /// <summary>Takes a key out and says what its values were.</summary>
    /// <param name="key">The key.</param>
    /// <param name="values">Receives <see cref="Cpus"/> values; untouched when there is no such key.</param>
    /// <returns><see cref="MapError.Ok"/> or <see cref="MapError.NotFound"/>.</returns>
    /// <exception cref="ArgumentException">Fewer values than CPUs.</exception>
    /// <exception cref="ObjectDisposedException">The map was disposed.</exception>
    public MapError LookupAndDelete(in TKey key, Span<TValue> values)
    {
        MapError error = LookupAll(in key, values);
        return error == MapError.Ok ? Delete(in key) : error;
    }
}
