using System.Text.Json;
using DatapathKernels.Hashing;
using DatapathKernels.Maps;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>The kernel's LRU, eviction for eviction.</summary>
public class BpfLruMapTests
{
    private const int T = 128;

    [Fact]
    public void Every_step_of_the_kernels_traces()
    {
        int steps = 0;
        foreach (JsonElement trace in Vectors.Load("algorithms/bpf-lru-trace.json").GetProperty("cases").EnumerateArray())
        {
            using BpfLruMap<RawKey<long>, long> map = new(trace.GetProperty("maxEntries").GetInt32(), 1, trace.GetProperty("noCommonLru").GetBoolean());
            List<long> evicted = [];
            map.Evicted = (key, _) => evicted.Add(key.Value);
            int step = 0;
            foreach (JsonElement op in trace.GetProperty("ops").EnumerateArray())
            {
                string where = $"{trace.GetProperty("name").GetString()} step {step++} {op}";
                Assert.Equal((where, Expected(op)), (where, Do(map, op)));
                long[] gone = op[0].GetString() == "u" ? [.. op[4].EnumerateArray().Select(key => key.GetInt64())] : [];
                Assert.Equal((where, string.Join(',', gone)), (where, string.Join(',', evicted)));
                evicted.Clear();
            }

            Assert.Equal(trace.GetProperty("finalKeys").EnumerateArray().Select(key => key.GetInt64()).Order(), Keys(map));
            steps += step;
        }

        Assert.True(steps > 0);
    }

    [Fact]
    public void L01_to_L03_a_datapath_lookup_protects_and_a_control_plane_lookup_does_not()
    {
        using BpfLruMap<RawKey<long>, long> map = Filled(2, 1, 2);
        map.Lookup(new(1), out _);
        map.Peek(new(2), out _);
        map.Update(new(3), 3);
        Assert.Equal([1, 3], Keys(map));
        using BpfLruMap<RawKey<long>, long> other = Filled(2, 1, 2);
        other.Peek(new(1), out _);
        other.Lookup(new(2), out _);
        other.Update(new(3), 3);
        Assert.Equal([2, 3], Keys(other));
    }

    [Fact]
    public void L04_flags_are_checked_as_in_a_hash_map()
    {
        using BpfLruMap<RawKey<long>, long> map = Filled(2, 1, 1);
        Assert.Equal(MapError.Exists, map.Update(new(1), 1, MapUpdate.NoExist));
        Assert.Equal(MapError.NotFound, map.Update(new(2), 1, MapUpdate.Exist));
        Assert.Equal(MapError.Invalid, map.Update(new(1), 1, (MapUpdate)ulong.MaxValue));
        Assert.Equal(MapError.Invalid, map.Update(new(1), 1, cpu: 1));
    }

    [Fact]
    public void L05_used_entries_survive_a_refill()
    {
        using BpfLruMap<RawKey<long>, long> map = Filled(T + (T / 2), 1, T);
        Touch(map, 1, T / 2);
        Insert(map, T + 1, 2 * T);
        Assert.Equal([.. Range(1, T / 2), .. Range(T + 1, 2 * T)], Keys(map));
    }

    [Fact]
    public void L06_an_update_may_evict_the_key_it_asks_for()
    {
        using BpfLruMap<RawKey<long>, long> map = Filled(T + (T / 2), 1, T);
        Assert.Equal(MapError.NotFound, map.Update(new(1), 7, MapUpdate.Exist));
    }

    [Fact]
    public void L07_survivors_of_three_quarters_used()
    {
        using BpfLruMap<RawKey<long>, long> map = Filled(2 * T, 1, 2 * T);
        Touch(map, 1, (T * 3 / 2) - 1);
        Insert(map, (2 * T) + 1, (2 * T) + (T / 2));
        Assert.Equal([.. Range(1, (T * 3 / 2) - 1), .. Range((2 * T) + 1, (2 * T) + (T / 2))], Keys(map));
    }

    [Fact]
    public void L08_deleted_places_are_used_first()
    {
        using BpfLruMap<RawKey<long>, long> map = Filled(3 * T, 1, 2 * T);
        Touch(map, 1, T);
        for (int key = T + 1; key <= 2 * T; key++)
            Assert.Equal((MapError.Ok, MapError.NotFound), (map.Delete(new(key)), map.Delete(new(key))));
        Insert(map, (2 * T) + 1, 4 * T);
        Assert.Equal([.. Range(1, T), .. Range((2 * T) + 1, 4 * T)], Keys(map));
        Assert.Equal(0, map.Evictions);
    }

    [Fact]
    public void L09_a_map_of_one_entry()
    {
        using BpfLruMap<RawKey<long>, long> map = new(1);
        for (int key = 1; key < 100; key++)
        {
            Assert.Equal(MapError.Ok, map.Update(new(key), key));
            Assert.Equal((MapError.Ok, (long)key), (map.Lookup(new(key), out long value), value));
            Assert.Equal([key], Keys(map));
        }
    }

    [Fact]
    public void L10_the_per_cpu_form_frees_four()
    {
        using BpfLruMap<RawKey<long>, long> map = new(8, 1, perCpu: true);
        Insert(map, 1, 4);
        for (int key = 5; key <= 8; key++)
        {
            Touch(map, 1, 4);
            Insert(map, key, key);
        }

        Insert(map, 9, 12);
        Assert.Equal([.. Range(1, 4), .. Range(9, 12)], Keys(map));
    }

    [Fact]
    public void L13_the_per_cpu_form_gives_each_cpu_its_share()
    {
        using BpfLruMap<RawKey<long>, long> map = new(10, 4, perCpu: true);
        Assert.Equal(12, map.Capacity);
        for (int key = 0; key < 50; key++)
            Assert.Equal(MapError.Ok, map.Update(new(key), key, cpu: 2));
        Assert.InRange(map.Count, 1, 3);
    }

    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(16, 1, false)]
    [InlineData(300, 3, false)]
    [InlineData(16, 2, true)]
    [InlineData(300, 3, true)]
    public void Nothing_is_lost_that_was_not_reported(int capacity, int cpus, bool perCpu)
    {
        using BpfLruMap<RawKey<long>, long> map = new(capacity, cpus, perCpu, seed: 1);
        Dictionary<long, long> model = [];
        map.Evicted = (key, value) =>
        {
            Assert.Equal(value, model[key.Value]);
            model.Remove(key.Value);
        };
        Random random = new(capacity + cpus);
        for (int step = 0; step < 20_000; step++)
        {
            long key = random.Next(capacity * 2);
            switch (random.Next(6))
            {
                case 0:
                    Assert.Equal(model.Remove(key) ? MapError.Ok : MapError.NotFound, map.Delete(new(key)));
                    break;
                case 1 or 2:
                    Assert.Equal(model.TryGetValue(key, out long stored), map.Lookup(new(key), out long value) == MapError.Ok);
                    Assert.Equal(stored, value);
                    break;
                default:
                    Assert.Equal(MapError.Ok, map.Update(new(key), step, cpu: random.Next(cpus)));
                    model[key] = step;
                    break;
            }

            Assert.Equal(model.Count, map.Count);
            Assert.True(map.Count <= map.Capacity);
        }

        Assert.Equal(model.Keys.Order(), Keys(map));
    }

    [Fact]
    public void The_datapath_allocates_nothing_and_dispose_ends_it()
    {
        BpfLruMap<RawKey<long>, long> map = Filled(64, 1, 64);
        long next = 100;
        Allocation.IsZero(() =>
        {
            map.Update(new(next++), 1);
            map.Lookup(new(next - 1), out _);
        });
        map.Dispose();
        Assert.Throws<ObjectDisposedException>(() => map.Lookup(new(1), out _));
        Assert.Throws<ObjectDisposedException>(() => map.Update(new(1), 1));
        Assert.Contains("268435456", Assert.Throws<ArgumentOutOfRangeException>(() => new BpfLruMap<RawKey<long>, long>(0)).Message, StringComparison.Ordinal);
    }

    private static string Expected(JsonElement op) => op[op[0].GetString() == "d" ? 2 : 3].GetString()!;

    private static string Do(BpfLruMap<RawKey<long>, long> map, JsonElement op)
    {
        RawKey<long> key = new(op[1].GetInt64());
        MapError result = op[0].GetString() switch
        {
            "u" => map.Update(key, key.Value, (MapUpdate)op[2].GetUInt64()),
            "l" => op[2].GetInt32() == 1 ? map.Lookup(key, out _) : map.Peek(key, out _),
            _ => map.Delete(key),
        };
        return result switch
        {
            MapError.Ok => "OK",
            MapError.NotFound => "ENOENT",
            MapError.Exists => "EEXIST",
            MapError.NoMemory => "ENOMEM",
            _ => result.ToString(),
        };
    }

    private static BpfLruMap<RawKey<long>, long> Filled(int capacity, long from, long to)
    {
        BpfLruMap<RawKey<long>, long> map = new(capacity);
        Insert(map, from, to);
        return map;
    }

    private static void Insert(BpfLruMap<RawKey<long>, long> map, long from, long to)
    {
        for (long key = from; key <= to; key++)
            Assert.Equal(MapError.Ok, map.Update(new(key), key, MapUpdate.NoExist));
    }

    private static void Touch(BpfLruMap<RawKey<long>, long> map, long from, long to)
    {
        for (long key = from; key <= to; key++)
            Assert.Equal(MapError.Ok, map.Lookup(new(key), out _));
    }

    private static IEnumerable<long> Range(long from, long to) => Enumerable.Range((int)from, (int)(to - from + 1)).Select(key => (long)key);

    private static List<long> Keys(BpfLruMap<RawKey<long>, long> map)
    {
        List<long> keys = [];
        for (MapError found = map.GetFirstKey(out RawKey<long> key); found == MapError.Ok; found = map.GetNextKey(key, out key))
            keys.Add(key.Value);
        keys.Sort();
        return keys;
    }
}
