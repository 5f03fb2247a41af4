using DatapathKernels.Hashing;
using DatapathKernels.Maps;
using DatapathKernels.Simd;
using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>Lookups of one width: one by one, in bursts and in streams in turn.</summary>
internal sealed class StressedFlowMap<TKey, TIsa>(int capacity, Func<uint, TKey> toKey, Func<TKey, uint> toNumber) : StressedMap
    where TKey : unmanaged, IHashKey<TKey>
    where TIsa : struct, IIsa
{
    private readonly FlowMap<TKey, ulong> _map = new(capacity, seed: 5);
    private readonly TKey[] _asked = new TKey[9];
    private readonly ulong[] _found = new ulong[9], _hits = new ulong[1];
    private int _lookups;

    public override int Count => _map.Count;

    public override MapError Lookup(uint key, out ulong value)
    {
        if (_lookups++ % 3 == 0)
            return _map.Lookup<TIsa>(toKey(key), out value);

        // The key comes last, behind those of the lookups before.
        _asked.AsSpan(1).CopyTo(_asked);
        _asked[^1] = toKey(key);
        if (_lookups % 2 == 0)
            _hits[0] = _map.LookupBurst<TIsa>(_asked, _found);
        else
            _map.LookupStream<TIsa>(_asked, _found, _hits);
        value = _found[^1];
        return _hits[0] >> (_asked.Length - 1) != 0 ? MapError.Ok : MapError.NotFound;
    }

    public override MapError Update(uint key, ulong value, MapUpdate flags) => _map.Update(toKey(key), value, flags);

    public override MapError Delete(uint key) => _map.Delete(toKey(key));

    public override MapError Next(uint? key, out uint next)
    {
        MapError error = key is { } from ? _map.GetNextKey(toKey(from), out TKey found) : _map.GetFirstKey(out found);
        next = error == MapError.Ok ? toNumber(found) : 0;
        return error;
    }

    public override void Dispose() => _map.Dispose();
}

internal sealed class StressedClockMap(int capacity) : StressedMap
{
    private readonly ClockFlowMap<RawKey<uint>, ulong> _map = new(capacity, seed: 5);

    public override bool Evicts => true;

    public override int Count => _map.Count;

    public override MapError Lookup(uint key, out ulong value) => key % 2 == 0 ? _map.Lookup(new(key), out value) : _map.Peek(new(key), out value);

    public override MapError Update(uint key, ulong value, MapUpdate flags)
    {
        MapError error = _map.Update(new(key), value, flags, out RawKey<uint> gone, out ulong goneValue, out bool evicted);
        if (evicted)
            Evicted?.Invoke(gone.Value, goneValue);
        return error;
    }

    public override MapError Delete(uint key) => _map.Delete(new(key));

    public override MapError Next(uint? key, out uint next)
    {
        MapError error = key is { } from ? _map.GetNextKey(new(from), out RawKey<uint> found) : _map.GetFirstKey(out found);
        next = found.Value;
        return error;
    }

    public override void Dispose() => _map.Dispose();
}

internal sealed class StressedBpfLruMap : StressedMap
{
    private readonly BpfLruMap<RawKey<uint>, ulong> _map;
    private int _cpu;

    public StressedBpfLruMap(int capacity, int cpus, bool perCpu)
    {
        _map = new(capacity, cpus, perCpu, seed: 5);
        _map.Evicted = (key, value) => Evicted?.Invoke(key.Value, value);
    }

    public override bool Evicts => true;

    public override int Count => _map.Count;

    public override MapError Lookup(uint key, out ulong value) => key % 2 == 0 ? _map.Lookup(new(key), out value) : _map.Peek(new(key), out value);

    public override MapError Update(uint key, ulong value, MapUpdate flags)
    {
        _cpu = (_cpu + 1) % _map.Cpus;
        return _map.Update(new(key), value, flags, _cpu);
    }

    public override MapError Delete(uint key) => _map.Delete(new(key));

    public override MapError Next(uint? key, out uint next)
    {
        MapError error = key is { } from ? _map.GetNextKey(new(from), out RawKey<uint> found) : _map.GetFirstKey(out found);
        next = found.Value;
        return error;
    }

    public override void Dispose() => _map.Dispose();
}

/// <summary>Every update is one of four CPUs'; a lookup compares the values of all of them and returns the one written last.</summary>
internal sealed class StressedPerCpuMap(int capacity) : StressedMap
{
    private const int Cpus = 4;

    private readonly PerCpuFlowMap<RawKey<uint>, ulong> _map = new(capacity, Cpus, seed: 5);
    private readonly Dictionary<uint, (ulong[] Values, int Last)> _all = [];
    private readonly ulong[] _found = new ulong[Cpus];

    public override int Count => _map.Count;

    public override MapError Lookup(uint key, out ulong value)
    {
        MapError error = _map.LookupAll(new(key), _found);
        value = 0;
        if (error != MapError.Ok)
            return error;
        (ulong[] values, int last) = _all[key];
        if (!values.AsSpan().SequenceEqual(_found) || _map.Lookup(new(key), last, out value) != MapError.Ok)
            Assert.Fail($"key {key}: {string.Join(',', _found)}, expected {string.Join(',', values)}");
        return MapError.Ok;
    }

    public override MapError Update(uint key, ulong value, MapUpdate flags)
    {
        int cpu = (int)(value % Cpus);
        MapError error = _map.Update(new(key), cpu, value, flags);
        if (error != MapError.Ok)
            return error;
        ulong[] values = _all.TryGetValue(key, out (ulong[] Values, int Last) known) ? known.Values : new ulong[Cpus];
        values[cpu] = value;
        _all[key] = (values, cpu);
        return MapError.Ok;
    }

    public override MapError Delete(uint key)
    {
        _all.Remove(key);
        return _map.Delete(new(key));
    }

    public override MapError Next(uint? key, out uint next)
    {
        MapError error = key is { } from ? _map.GetNextKey(new(from), out RawKey<uint> found) : _map.GetFirstKey(out found);
        next = found.Value;
        return error;
    }

    public override void Dispose() => _map.Dispose();
}
