using System.Runtime.Intrinsics;
using DatapathKernels.Maps;
using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>
/// Random operations on a map and on a dictionary, while the load goes from empty to full and back, twice, and a walk over
/// the keys takes a step after every fourth.
/// </summary>
internal sealed class MapStress
{
    private readonly StressedMap _map;
    private readonly int _capacity;
    private readonly Random _random = new(9);
    private readonly Dictionary<uint, (ulong Value, int Since)> _model = [];
    private readonly HashSet<uint> _met = [];
    private uint? _at;
    private int _now, _walkFrom, _walks;
    private bool _wasEmpty, _wasFull;

    private MapStress(StressedMap map, int capacity)
    {
        (_map, _capacity) = (map, capacity);
        _map.Evicted = Forget;
    }

    /// <summary>As many operations where they are quick; a quarter where the vectors are switched off and with them much else.</summary>
    public static int Scaled(int operations) => Vector128.IsHardwareAccelerated ? operations : operations / 4;

    public static void Run(StressedMap map, int capacity, int operations)
    {
        using (map)
        {
            MapStress stress = new(map, capacity);
            stress.Run(Scaled(operations));
        }
    }

    private void Run(int operations)
    {
        for (; _now < operations; _now++)
        {
            // Below empty and above full for a while, when nothing works against it, so that both are reached.
            double target = _capacity * (0.5 - (0.6 * Math.Cos(4 * Math.PI * _now / operations)));
            uint key = (uint)_random.Next((_capacity * 5 / 4) + 2);
            if (_random.Next(2) == 0)
                Look(key);
            else if ((target > 0 && target < _capacity && _random.Next(10) == 0) == (_model.Count < target))
                Take(key);
            else
                Put(key, (ulong)_random.NextInt64(), (MapUpdate)_random.Next(3));
            if (_now % 4 == 0)
                Step();
            Check(_map.Count == _model.Count, $"{_map.Count} entries, expected {_model.Count}");
            _wasEmpty |= _now > operations / 4 && _model.Count == 0;
            _wasFull |= _model.Count == _capacity;
        }

        Assert.True(_wasEmpty && _wasFull && _walks > 4, $"empty again: {_wasEmpty}, full: {_wasFull}, walks: {_walks}");
    }

    private void Look(uint key)
    {
        bool there = _model.TryGetValue(key, out (ulong Value, int) expected);
        MapError error = _map.Lookup(key, out ulong value);
        Check(error == (there ? MapError.Ok : MapError.NotFound) && value == expected.Value, $"key {key}: {error} {value}, expected {there} {expected.Value}");
    }

    private void Put(uint key, ulong value, MapUpdate flags)
    {
        // What the map gave up to make room is gone from the model when the call returns.
        MapError error = _map.Update(key, value, flags);
        bool known = _model.TryGetValue(key, out (ulong Value, int Since) old);
        MapError expected = known
            ? (flags == MapUpdate.NoExist ? MapError.Exists : MapError.Ok)
            : flags == MapUpdate.Exist ? MapError.NotFound : !_map.Evicts && _model.Count == _capacity ? MapError.TooBig : MapError.Ok;
        Check(error == expected, $"update of {key}, {flags}: {error}, expected {expected}");
        if (error == MapError.Ok)
            _model[key] = (value, known ? old.Since : _now);
    }

    private void Take(uint key)
    {
        // Who deletes while walking asks for the next key before.
        if (key == _at)
            Step();
        MapError error = _map.Delete(key);
        Check(error == (_model.Remove(key) ? MapError.Ok : MapError.NotFound), $"delete of {key}: {error}");
    }

    private void Forget(uint key, ulong value)
    {
        _wasFull = true;
        Check(_model.Remove(key, out (ulong Value, int) known) && known.Value == value, $"{key} was given up with {value}, expected {known.Value}");
        if (key == _at)
            Begin();
    }

    /// <summary>One key further; at the end, every key that was there throughout must have been met, and none twice.</summary>
    private void Step()
    {
        if (_map.Next(_at, out uint next) == MapError.Ok)
        {
            Check(_model.ContainsKey(next) && _met.Add(next), $"the walk met {next}, which is not there or was met before");
            _at = next;
            return;
        }

        foreach ((uint key, (_, int since)) in _model)
            Check(since >= _walkFrom || _met.Contains(key), $"the walk did not meet {key}");
        _walks++;
        Begin();
    }

    private void Begin()
    {
        _at = null;
        _met.Clear();
        _walkFrom = _now;
    }

    private void Check(bool holds, [System.Runtime.CompilerServices.InterpolatedStringHandlerArgument(nameof(holds))] ref Explanation otherwise)
    {
        if (!holds)
            Assert.Fail($"operation {_now}: {otherwise.ToString()}");
    }
}
