using DatapathKernels.Hashing;
using DatapathKernels.Maps;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>The project's own LRU map: nothing is lost that was not reported, and what it keeps is what an exact LRU keeps.</summary>
public class ClockFlowMapTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(64)]
    [InlineData(1000)]
    public void Follows_a_model_that_forgets_what_was_reported(int capacity)
    {
        Random random = new(capacity);
        using ClockFlowMap<RawKey<UInt128>, ulong> map = new(capacity, 5);
        Dictionary<RawKey<UInt128>, ulong> model = [];
        for (int i = 0; i < 200_000; i++)
        {
            RawKey<UInt128> key = new((UInt128)random.Next(2 * capacity));
            bool there = model.TryGetValue(key, out ulong expected);
            switch (random.Next(10))
            {
                case < 5:
                    Assert.Equal(there ? MapError.Ok : MapError.NotFound, random.Next(2) == 0 ? map.Lookup(in key, out ulong value) : map.Peek(in key, out value));
                    Assert.Equal(expected, value);
                    break;
                case 5:
                    Assert.Equal(model.Remove(key) ? MapError.Ok : MapError.NotFound, map.LookupAndDelete(in key, out value));
                    Assert.Equal(expected, value);
                    break;
                default:
                    Put(map, model, key, (ulong)i, (MapUpdate)random.Next(3));
                    break;
            }

            Assert.Equal(model.Count, map.Count);
        }

        List<RawKey<UInt128>> walked = [];
        for (MapError error = map.GetFirstKey(out RawKey<UInt128> key); error == MapError.Ok; error = map.GetNextKey(in key, out key))
            walked.Add(key);
        Assert.Equal(model.Keys.ToHashSet(), walked.ToHashSet());
        Assert.Equal(model.Count, walked.Count);
    }

    [Theory]
    [InlineData(0.8)]
    [InlineData(1.0)]
    [InlineData(1.2)]
    public void Finds_as_much_as_an_exact_LRU(double exponent)
    {
        const int capacity = 4096, queries = 400_000;
        double[] cumulative = Zipf(capacity * 16, exponent);
        Random random = new(3);
        using ClockFlowMap<RawKey<ulong>, ulong> map = new(capacity, 1);
        ExactLru exact = new(capacity);
        int hits = 0, exactHits = 0;
        for (int i = 0; i < queries; i++)
        {
            ulong key = (ulong)Rank(cumulative, random.NextDouble());
            exactHits += exact.Use(key) ? 1 : 0;
            if (map.Lookup(new(key), out _) == MapError.Ok)
                hits++;
            else
                Assert.Equal(MapError.Ok, map.Update(new(key), key));
        }

        Assert.True(hits > exactHits - (queries / 100), $"{hits} hits, an exact LRU {exactHits}, of {queries}");
    }

    [Fact]
    public void A_scan_of_keys_used_once_leaves_the_working_set()
    {
        const int capacity = 4096, working = 1024;
        using ClockFlowMap<RawKey<ulong>, ulong> map = new(capacity, 1);
        int lost = 0;
        for (ulong i = 0; i < 200_000; i++)
        {
            map.Update(new(i + working), i);
            ulong used = i % working;
            if (map.Lookup(new(used), out _) != MapError.Ok && i >= working)
                lost++;
            map.Update(new(used), used);
        }

        Assert.InRange(lost, 0, 20);
    }

    /// <summary>A flood of keys used once: what an insertion costs must not grow with the entries that came and went.</summary>
    [Fact]
    public void Keys_used_once_leave_the_table_even()
    {
        const int capacity = 20_000;
        using ClockFlowMap<RawKey<ulong>, ulong> map = new(capacity, 1);
        for (ulong i = 0; i < 12 * capacity; i++)
            map.Update(new(i), i);
        int most = 0;
        long read = 0;
        for (MapError error = map.GetFirstKey(out RawKey<ulong> key); error == MapError.Ok; error = map.GetNextKey(in key, out key))
        {
            int buckets = map.BucketsRead(in key);
            (most, read) = (Math.Max(most, buckets), read + buckets);
        }

        Assert.InRange(most, 1, 12);
        Assert.InRange(read / (double)map.Count, 1, 1.08);
    }

    [Fact]
    public void Bursts_equal_singles_for_every_length()
    {
        using ClockFlowMap<RawKey<UInt128>, ulong> map = new(100, 1);
        for (ulong i = 0; i < 150; i++)
            map.Update(new(i), i);
        RawKey<UInt128>[] keys = [.. Enumerable.Range(0, 64).Select(i => new RawKey<UInt128>((UInt128)(i * 7 % 150)))];
        ulong[] values = new ulong[64];
        for (int length = 0; length <= 64; length++)
        {
            ulong hits = map.LookupBurst(keys.AsSpan(0, length), values);
            for (int i = 0; i < length; i++)
            {
                Assert.Equal(map.Lookup(keys[i], out ulong value) == MapError.Ok, (hits >> i & 1) != 0);
                Assert.Equal(value, values[i]);
            }
        }

        Assert.Throws<ArgumentException>(() => map.LookupBurst(new RawKey<UInt128>[65], new ulong[65]));
        Assert.Throws<ArgumentException>(() => map.LookupBurst(new RawKey<UInt128>[2], new ulong[1]));
    }

    [Fact]
    public void The_datapath_allocates_nothing_and_dispose_ends_it()
    {
        ClockFlowMap<RawKey<UInt128>, ulong> map = new(64, 1);
        ulong next = 0;
        Allocation.IsZero(() =>
        {
            map.Update(new(next++), 1);
            map.Lookup(new(next / 2), out _);
        });
        Assert.True(map.Evictions > 0);
        Assert.True(map.MemoryBytes > 0);
        map.Dispose();
        map.Dispose();
        Assert.Throws<ObjectDisposedException>(() => map.Lookup(new(1), out _));
        Assert.Throws<ObjectDisposedException>(() => map.Update(new(1), 1));
        Assert.Throws<ObjectDisposedException>(() => map.LookupBurst([], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClockFlowMap<RawKey<uint>, uint>(0));
    }

    private static void Put(ClockFlowMap<RawKey<UInt128>, ulong> map, Dictionary<RawKey<UInt128>, ulong> model, RawKey<UInt128> key, ulong value, MapUpdate flags)
    {
        bool there = model.ContainsKey(key), wasFull = model.Count == map.Capacity;
        MapError expected = there && flags == MapUpdate.NoExist ? MapError.Exists : !there && flags == MapUpdate.Exist ? MapError.NotFound : MapError.Ok;
        long before = map.Evictions;
        Assert.Equal(expected, map.Update(in key, in value, flags, out RawKey<UInt128> gone, out ulong goneValue, out bool evicted));
        Assert.Equal(expected == MapError.Ok && !there && wasFull, evicted);
        Assert.Equal(evicted ? 1 : 0, map.Evictions - before);
        if (evicted)
        {
            Assert.True(model.Remove(gone, out ulong held));
            Assert.Equal(held, goneValue);
        }

        if (expected == MapError.Ok)
            model[key] = value;
    }

    private static double[] Zipf(int keys, double exponent)
    {
        double[] cumulative = new double[keys];
        double sum = 0;
        for (int i = 0; i < keys; i++)
            cumulative[i] = sum += Math.Pow(i + 1, -exponent);
        for (int i = 0; i < keys; i++)
            cumulative[i] /= sum;
        return cumulative;
    }

    private static int Rank(double[] cumulative, double draw)
    {
        int found = Array.BinarySearch(cumulative, draw);
        return Math.Min(found < 0 ? ~found : found, cumulative.Length - 1);
    }

    /// <summary>The textbook's LRU.</summary>
    private sealed class ExactLru(int capacity)
    {
        private readonly Dictionary<ulong, LinkedListNode<ulong>> _nodes = [];
        private readonly LinkedList<ulong> _order = new();

        public bool Use(ulong key)
        {
            bool there = _nodes.TryGetValue(key, out LinkedListNode<ulong>? node);
            if (node != null)
                _order.Remove(node);
            else if (_nodes.Count == capacity)
            {
                _nodes.Remove(_order.Last!.Value);
                _order.RemoveLast();
            }

            _nodes[key] = _order.AddFirst(key);
            return there;
        }
    }
}
