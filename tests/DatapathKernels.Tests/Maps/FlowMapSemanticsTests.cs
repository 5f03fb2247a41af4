using System.Text.Json;
using DatapathKernels.Hashing;
using DatapathKernels.Maps;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>BPF's meaning, case by case. The letters and numbers name the cases of the golden list.</summary>
public class FlowMapSemanticsTests
{
    [Fact]
    public void Every_step_of_the_traces()
    {
        foreach (JsonElement trace in Vectors.Load("algorithms/bpf-map-trace.json").GetProperty("traces").EnumerateArray())
        {
            using FlowMap<RawKey<ulong>, uint> map = new(trace.GetProperty("maxEntries").GetInt32());
            int step = 0;
            foreach (JsonElement op in trace.GetProperty("ops").EnumerateArray())
            {
                string where = $"{trace.GetProperty("name").GetString()} step {step++} {op}";
                Assert.Equal((where, op[op.GetArrayLength() - 1].ToString()), (where, Do(map, op)));
            }

            Assert.Equal(trace.GetProperty("final").GetArrayLength(), map.Count);
            foreach (JsonElement pair in trace.GetProperty("final").EnumerateArray())
                Assert.Equal((MapError.Ok, pair[1].GetUInt32()), (map.Lookup(new(pair[0].GetUInt64()), out uint value), value));
        }
    }

    [CorpusFact]
    public void The_kernels_own_tests()
    {
        JsonElement file = JsonDocument.Parse(File.ReadAllText(Corpus.PathOf("peers", "linux", "bpf_map_ops.json"))).RootElement;
        using FlowMap<RawKey<long>, long> map = new(file.GetProperty("test_hashmap").GetProperty("max_entries").GetInt32());
        foreach (JsonElement op in file.GetProperty("test_hashmap").GetProperty("ops").EnumerateArray())
            Assert.Equal((op.ToString(), true), (op.ToString(), Agrees(map, op)));
    }

    [CorpusFact]
    public void A_peers_functional_sequences()
    {
        JsonElement file = JsonDocument.Parse(File.ReadAllText(Corpus.PathOf("peers", "dpdk", "hash_ops.json"))).RootElement;
        UInt128[] keys = [.. file.GetProperty("keys").EnumerateArray().Select(k => BitConverter.ToUInt128(Convert.FromHexString(k.GetString()!)))];
        foreach (JsonProperty test in file.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Array && p.Name.StartsWith("test", StringComparison.Ordinal)))
        {
            using FlowMap<RawKey<UInt128>, int> map = new(64);
            foreach (JsonElement op in test.Value.EnumerateArray().Where(op => op.TryGetProperty("key", out _)))
            {
                int index = op.GetProperty("key").GetInt32();
                bool absent = op.GetProperty("expect").GetString() == "ENOENT";
                MapError result = op.GetProperty("op").GetString() switch
                {
                    "add" => map.Update(new(keys[index]), index),
                    "lookup" => map.Lookup(new(keys[index]), out _),
                    _ => map.Delete(new(keys[index])),
                };
                Assert.Equal((test.Name, op.ToString(), absent ? MapError.NotFound : MapError.Ok), (test.Name, op.ToString(), result));
            }
        }
    }

    [Fact]
    public void H03_H08_H09_errors_come_in_order()
    {
        using FlowMap<RawKey<ulong>, uint> map = Filled(2);
        Assert.Equal(MapError.Invalid, map.Update(new(0), 1, (MapUpdate)ulong.MaxValue));
        Assert.Equal(MapError.Invalid, map.Update(new(9), 1, (MapUpdate)4));
        Assert.Equal(MapError.Exists, map.Update(new(0), 1, MapUpdate.NoExist));
        Assert.Equal(MapError.NotFound, map.Update(new(9), 1, MapUpdate.Exist));
        Assert.Equal(MapError.TooBig, map.Update(new(9), 1));
        Assert.Equal(MapError.Ok, map.Update(new(1), 1));
    }

    [Fact]
    public void H11_to_H14_walks()
    {
        using FlowMap<RawKey<ulong>, uint> map = Filled(2);
        Assert.Equal(MapError.Ok, map.GetFirstKey(out RawKey<ulong> first));
        Assert.Equal((MapError.Ok, first), (map.GetNextKey(new(77), out RawKey<ulong> restarted), restarted));
        Assert.Equal(MapError.Ok, map.GetNextKey(first, out RawKey<ulong> second));
        Assert.NotEqual(first, second);
        Assert.Equal(MapError.NotFound, map.GetNextKey(second, out _));
        map.Delete(first);
        map.Delete(second);
        Assert.Equal((MapError.NotFound, MapError.NotFound), (map.GetFirstKey(out _), map.GetNextKey(first, out _)));
    }

    [Fact]
    public void H15_to_H17_impossible_sizes_name_the_limit()
    {
        foreach (int capacity in (int[])[0, -1, (1 << 28) + 1])
            Assert.Contains("268435456", Assert.Throws<ArgumentOutOfRangeException>(() => new FlowMap<RawKey<ulong>, uint>(capacity)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void H20_updates_in_place_do_not_move_keys()
    {
        using FlowMap<RawKey<ulong>, uint> map = Filled(10_000);
        int visited = 0;
        for (MapError found = map.GetFirstKey(out RawKey<ulong> key); found == MapError.Ok; found = map.GetNextKey(key, out key), visited++)
        {
            map.Lookup(key, out uint value);
            Assert.Equal(MapError.Ok, map.Update(key, value + 1, MapUpdate.Exist));
        }

        Assert.Equal(10_000, visited);
        for (ulong key = 0; key < 10_000; key++)
            Assert.Equal((MapError.Ok, (uint)key + 1), (map.Lookup(new(key), out uint value), value));
    }

    [Fact]
    public void H21_one_seed_one_order()
    {
        using FlowMap<RawKey<ulong>, uint> one = new(100, seed: 0), two = new(100, seed: 0);
        for (ulong key = 0; key < 100; key++)
            (one.Update(new(key), 1), two.Update(new(99 - key), 1)).ToString();
        Assert.Equal(Walk(one), Walk(two));
    }

    [Fact]
    public void H27_a_walk_that_deletes_behind_itself_meets_every_key_once()
    {
        using FlowMap<RawKey<ulong>, uint> map = Filled(1000);
        HashSet<ulong> seen = [];
        MapError found = map.GetFirstKey(out RawKey<ulong> key);
        while (found == MapError.Ok)
        {
            found = map.GetNextKey(key, out RawKey<ulong> next);
            Assert.True(seen.Add(key.Value));
            Assert.Equal(MapError.Ok, map.Delete(key));
            key = next;
        }

        Assert.Equal((1000, 0), (seen.Count, map.Count));
    }

    [Fact]
    public void H29_H30_churn_leaves_nothing_behind()
    {
        using FlowMap<RawKey<ulong>, uint> map = Filled(8);
        for (ulong i = 0; i < 1_000_000; i++)
        {
            Assert.Equal(MapError.Ok, map.Delete(new(i)));
            Assert.Equal(MapError.Ok, map.Update(new(i + 8), 1, MapUpdate.NoExist));
        }

        Assert.Equal((8, MapError.NotFound, MapError.TooBig), (map.Count, map.Lookup(new(3), out _), map.Update(new(3), 1)));
    }

    [Fact]
    public void B01_to_B10_batches()
    {
        using FlowMap<RawKey<ulong>, uint> map = new(500);
        RawKey<ulong>[] keys = new RawKey<ulong>[500];
        uint[] values = new uint[500];
        uint cursor = 0;
        Assert.Equal((MapError.NotFound, 0), (map.LookupAndDeleteBatch(ref cursor, keys, values, out int count), count));
        for (ulong key = 0; key < 400; key++)
            map.Update(new(key), (uint)key);
        cursor = 0;
        Assert.Equal((MapError.Ok, 0), (map.LookupBatch(ref cursor, [], [], out count), count));
        Assert.Equal(MapError.Invalid, map.LookupBatch(ref cursor, keys, values, out _, flags: 1));
        foreach (int room in (int[])[20, 64, 500])
            Assert.Equal(Enumerable.Range(0, 400).Select(i => (ulong)i), Batches(map, room).Order());
        cursor = uint.MaxValue;
        Assert.Equal((MapError.NotFound, 0), (map.LookupBatch(ref cursor, keys, values, out count), count));
        Assert.Equal((MapError.Exists, 1), (map.UpdateBatch([new(1000), new(5), new(1001)], [1, 2, 3], out count, MapUpdate.NoExist), count));
        Assert.Equal((MapError.Ok, MapError.NotFound), (map.Lookup(new(1000), out _), map.Lookup(new(1001), out _)));
        Assert.Equal((MapError.NotFound, 1), (map.DeleteBatch([new(1), new(2000), new(2)], out count), count));
        Assert.Equal(MapError.Ok, map.Lookup(new(2), out _));
        cursor = 0;
        Assert.Equal((MapError.NotFound, 400, 0), (map.LookupAndDeleteBatch(ref cursor, keys, values, out count), count, map.Count));
    }

    [Fact]
    public void P01_to_P06_values_per_cpu()
    {
        using PerCpuFlowMap<RawKey<ulong>, int> map = new(2, cpus: 3);
        int[] values = new int[3];
        Assert.Equal(MapError.Ok, map.UpdateAll(new(1), [100, 101, 102]));
        Assert.Equal((MapError.Ok, "100,101,102"), (map.LookupAll(new(1), values), string.Join(',', values)));
        Assert.Equal(MapError.Ok, map.Update(new(1), 1, 7));
        Assert.Equal((MapError.Ok, "100,7,102"), (map.LookupAndDelete(new(1), values), string.Join(',', values)));
        Assert.Equal(MapError.Ok, map.Update(new(2), 2, 9));
        Assert.Equal((MapError.Ok, "0,0,9"), (map.LookupAll(new(2), values), string.Join(',', values)));
        Assert.Equal(MapError.Ok, map.Update(new(3), 0, 1));
        Assert.Equal((MapError.TooBig, MapError.Ok), (map.Update(new(4), 0, 1), map.Update(new(3), 0, 2, MapUpdate.Exist)));
        byte[] bytes = new byte[24];
        map.LookupBytes(new(2), bytes);
        Assert.Equal((8, 9), (PerCpuFlowMap<RawKey<ulong>, int>.ValueStride, bytes[16]));
    }

    [Fact]
    public void Bursts_and_streams_equal_singles_for_every_length()
    {
        using FlowMap<RawKey<ulong>, uint> map = Filled(100);
        RawKey<ulong>[] keys = [.. Enumerable.Range(0, 200).Select(i => new RawKey<ulong>((ulong)(i * 37 % 150)))];
        uint[] values = new uint[200];
        ulong[] hits = new ulong[4];
        for (int length = 0; length <= 200; length++)
        {
            int found = map.LookupStream(keys.AsSpan(0, length), values, hits);
            ulong burst = length <= 64 ? map.LookupBurst(keys.AsSpan(0, length), values) : 0;
            for (int i = 0; i < length; i++)
            {
                bool single = map.Lookup(keys[i], out uint value) == MapError.Ok;
                Assert.Equal((single, value), ((hits[i / 64] >> (i % 64) & 1) != 0, values[i]));
                Assert.Equal(single && length <= 64, (burst >> (i % 64) & 1) != 0 && length <= 64);
                found -= single ? 1 : 0;
            }

            Assert.Equal(0, found);
        }

        Allocation.IsZero(() => map.LookupStream(keys, values, hits));
    }

    /// <summary>Every key stays in the map while others come, go and move; a reader that misses one, or sees half a value, has met a torn entry.</summary>
    [Fact]
    public void Readers_beside_a_writer_miss_nothing_and_see_whole_values()
    {
        using FlowMap<RawKey<ulong>, WideValue> map = new(300);
        for (ulong key = 0; key < 200; key++)
            map.Update(new(key), WideValue.Of(key, 0));
        int stop = 0, wrong = 0;
        using CountdownEvent started = new(2);
        Thread[] readers = [.. Enumerable.Range(0, 2).Select(id => new Thread(() => Read(id)) { IsBackground = true })];
        foreach (Thread reader in readers)
            reader.Start();
        started.Wait();
        Random random = new(1);
        for (ulong round = 1; round < 300_000; round++)
        {
            ulong key = (ulong)random.Next(200), other = 1000 + (ulong)random.Next(100);
            map.Update(new(key), WideValue.Of(key, round), MapUpdate.Exist);
            if (random.Next(2) == 0)
                map.Update(new(other), WideValue.Of(other, round));
            else
                map.Delete(new(other));
        }

        Volatile.Write(ref stop, 1);
        foreach (Thread reader in readers)
            reader.Join();
        Assert.Equal(0, wrong);

        void Read(int id)
        {
            started.Signal();
            RawKey<ulong>[] keys = [.. Enumerable.Range(0, 64).Select(i => new RawKey<ulong>((ulong)(i * 3)))];
            WideValue[] values = new WideValue[64];
            for (ulong key = (ulong)id; Volatile.Read(ref stop) == 0; key = (key + 1) % 200)
            {
                if (map.Lookup(new(key), out WideValue value) != MapError.Ok || !value.IsWhole(key))
                    Interlocked.Increment(ref wrong);
                if (map.LookupBurst(keys, values) != ulong.MaxValue || !values.Select((v, i) => v.IsWhole((ulong)(i * 3))).All(whole => whole))
                    Interlocked.Increment(ref wrong);
            }
        }
    }

    [Fact]
    public void After_dispose_every_call_throws()
    {
        FlowMap<RawKey<ulong>, uint> map = Filled(4);
        map.Dispose();
        map.Dispose();
        Assert.Throws<ObjectDisposedException>(() => map.Lookup(new(1), out _));
        Assert.Throws<ObjectDisposedException>(() => map.Update(new(1), 1));
        Assert.Throws<ObjectDisposedException>(() => map.Delete(new(1)));
        Assert.Throws<ObjectDisposedException>(() => map.GetFirstKey(out _));
        Assert.Throws<ObjectDisposedException>(() => map.LookupBurst([new(1)], new uint[1]));
        Assert.Throws<ObjectDisposedException>(() => map.LookupStream([new(1)], new uint[1], new ulong[1]));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(65_536)]
    [InlineData(1_000_000)]
    public void An_entry_takes_at_most_48_bytes(int capacity)
    {
        using FlowMap<RawKey<UInt128>, ulong> map = new(capacity);
        Assert.InRange((double)map.MemoryBytes / capacity, 24, 48);
    }

    private static string Do(FlowMap<RawKey<ulong>, uint> map, JsonElement op)
    {
        RawKey<ulong> key = new(op[1].GetUInt64());
        uint value;
        return op[0].GetString() switch
        {
            "u" => Name(map.Update(key, op[2].GetUInt32(), (MapUpdate)op[3].GetUInt64())),
            "l" => map.Lookup(key, out value) == MapError.Ok ? $"{value}" : "",
            "x" => map.LookupAndDelete(key, out value) == MapError.Ok ? $"{value}" : "",
            _ => Name(map.Delete(key)),
        };
    }

    private static string Name(MapError error) => error switch
    {
        MapError.Ok => "OK",
        MapError.NotFound => "ENOENT",
        MapError.Exists => "EEXIST",
        MapError.TooBig => "E2BIG",
        _ => "EINVAL",
    };

    private static bool Agrees(FlowMap<RawKey<long>, long> map, JsonElement op)
    {
        if (op.GetProperty("op").GetString() == "iterate")
            return Walk(map).Order().SequenceEqual(op.GetProperty("expect_set").EnumerateArray().Select(k => k.GetInt64()).Order());
        RawKey<long> key = new(op.TryGetProperty("key", out JsonElement named) && named.ValueKind == JsonValueKind.Number ? named.GetInt64() : 0);
        long value = 0;
        MapError result = op.GetProperty("op").GetString() switch
        {
            "update" => map.Update(key, op.GetProperty("value").GetInt64(), Flags(op.GetProperty("flag"))),
            "lookup" => map.Lookup(key, out value),
            "delete" => map.Delete(key),
            "lookup_and_delete" => map.LookupAndDelete(key, out value),
            _ => map.GetFirstKey(out _),
        };
        string expected = op.GetProperty("expect").GetString()!;
        bool valueAgrees = !op.TryGetProperty("value", out JsonElement stored) || op.GetProperty("op").GetString() == "update" || stored.GetInt64() == value;
        return Name(result).Equals(expected, StringComparison.OrdinalIgnoreCase) && valueAgrees;
    }

    private static MapUpdate Flags(JsonElement flag) => flag.ValueKind == JsonValueKind.Number
        ? (MapUpdate)unchecked((ulong)flag.GetInt64())
        : flag.GetString() switch
        {
            "ANY" => MapUpdate.Any,
            "NOEXIST" => MapUpdate.NoExist,
            _ => MapUpdate.Exist,
        };

    private static FlowMap<RawKey<ulong>, uint> Filled(int capacity)
    {
        FlowMap<RawKey<ulong>, uint> map = new(capacity);
        for (ulong key = 0; key < (ulong)capacity; key++)
            Assert.Equal(MapError.Ok, map.Update(new(key), (uint)key));
        return map;
    }

    private static List<ulong> Batches(FlowMap<RawKey<ulong>, uint> map, int room)
    {
        RawKey<ulong>[] keys = new RawKey<ulong>[room];
        uint[] values = new uint[room];
        List<ulong> all = [];
        uint cursor = 0;
        MapError result;
        do
        {
            result = map.LookupBatch(ref cursor, keys, values, out int count);
            all.AddRange(keys.AsSpan(0, count).ToArray().Select(key => key.Value));
        }
        while (result == MapError.Ok);
        Assert.Equal(MapError.NotFound, result);
        return all;
    }

    private static List<T> Walk<T, TValue>(FlowMap<RawKey<T>, TValue> map)
        where T : unmanaged
        where TValue : unmanaged
    {
        List<T> keys = [];
        for (MapError found = map.GetFirstKey(out RawKey<T> key); found == MapError.Ok; found = map.GetNextKey(key, out key))
            keys.Add(key.Value);
        return keys;
    }
}
