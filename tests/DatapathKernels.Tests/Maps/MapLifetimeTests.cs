using System.Net;
using System.Reflection;
using DatapathKernels.Hashing;
using DatapathKernels.Maps;
using DatapathKernels.Memory;
using Xunit;

namespace DatapathKernels.Tests.Maps;

/// <summary>What maps do with their memory: they give all of it back, and no method reads it afterwards.</summary>
[Collection(MapLifetimeCollection.Name)]
public class MapLifetimeTests
{
    private static readonly IPNetwork s_v4 = IPNetwork.Parse("10.1.2.3/32"), s_v6 = IPNetwork.Parse("fd00:1::/64");

    [Fact]
    public void Every_byte_comes_back()
    {
        long before = Live();
        for (int round = 0; round < 3; round++)
        {
            using FlowMap<RawKey<uint>, ulong> flows = new(100_000);
            using ClockFlowMap<RawKey<uint>, ulong> clock = new(100_000);
            using BpfLruMap<RawKey<uint>, ulong> lru = new(100_000, 2);
            using BpfLruMap<RawKey<uint>, ulong> lruPerCpu = new(100_000, 2, perCpu: true);
            using PerCpuFlowMap<RawKey<uint>, ulong> perCpu = new(100_000, 3);
            using RouteTableV4 v4 = new(100, groups: 10);
            using RouteTableV6 v6 = new(100);
            Assert.Equal(MapError.Ok, v4.Insert(s_v4, 1));
            Assert.Equal(MapError.Ok, v6.Insert(s_v6, 1));
            long reported = flows.MemoryBytes + clock.MemoryBytes + lru.MemoryBytes + lruPerCpu.MemoryBytes + perCpu.MemoryBytes + v4.MemoryBytes + v6.MemoryBytes;
            Assert.Equal(before + reported, NativeBuffer.LiveBytes);
        }

        Assert.Equal(before, NativeBuffer.LiveBytes);
    }

    [Fact]
    public void Forgotten_and_half_made_maps_come_back_with_the_collector()
    {
        long before = Live();
        Forget();
        Assert.Equal(before, Live());
    }

    [Fact]
    public void FlowMap_throws_after_dispose()
    {
        FlowMap<RawKey<uint>, ulong> map = new(4);
        uint cursor = 0;
        Throws(map, new()
        {
            [nameof(map.Lookup)] = () => map.Lookup(default, out _),
            [nameof(map.LookupBurst)] = () => map.LookupBurst([], []),
            [nameof(map.LookupStream)] = () => map.LookupStream([], [], []),
            [nameof(map.Update)] = () => map.Update(default, 1),
            [nameof(map.Delete)] = () => map.Delete(default),
            [nameof(map.LookupAndDelete)] = () => map.LookupAndDelete(default, out _),
            [nameof(map.GetFirstKey)] = () => map.GetFirstKey(out _),
            [nameof(map.GetNextKey)] = () => map.GetNextKey(default, out _),
            [nameof(map.LookupBatch)] = () => map.LookupBatch(ref cursor, [], [], out _),
            [nameof(map.LookupAndDeleteBatch)] = () => map.LookupAndDeleteBatch(ref cursor, [], [], out _),
            [nameof(map.UpdateBatch)] = () => map.UpdateBatch([], [], out _),
            [nameof(map.DeleteBatch)] = () => map.DeleteBatch([], out _),
        });
    }

    [Fact]
    public void ClockFlowMap_throws_after_dispose()
    {
        ClockFlowMap<RawKey<uint>, ulong> map = new(4);
        Throws(map, new()
        {
            [nameof(map.Lookup)] = () => map.Lookup(default, out _),
            [nameof(map.Peek)] = () => map.Peek(default, out _),
            [nameof(map.LookupBurst)] = () => map.LookupBurst([], []),
            [nameof(map.Update)] = () => map.Update(default, 1),
            [nameof(map.Delete)] = () => map.Delete(default),
            [nameof(map.LookupAndDelete)] = () => map.LookupAndDelete(default, out _),
            [nameof(map.GetFirstKey)] = () => map.GetFirstKey(out _),
            [nameof(map.GetNextKey)] = () => map.GetNextKey(default, out _),
        });
    }

    [Fact]
    public void BpfLruMap_throws_after_dispose()
    {
        BpfLruMap<RawKey<uint>, ulong> map = new(4);
        Throws(map, new()
        {
            [nameof(map.Lookup)] = () => map.Lookup(default, out _),
            [nameof(map.Peek)] = () => map.Peek(default, out _),
            [nameof(map.Update)] = () => map.Update(default, 1),
            [nameof(map.Delete)] = () => map.Delete(default),
            [nameof(map.LookupAndDelete)] = () => map.LookupAndDelete(default, out _),
            [nameof(map.GetFirstKey)] = () => map.GetFirstKey(out _),
            [nameof(map.GetNextKey)] = () => map.GetNextKey(default, out _),
        });
    }

    [Fact]
    public void PerCpuFlowMap_throws_after_dispose()
    {
        PerCpuFlowMap<RawKey<uint>, ulong> map = new(4, 2);
        Throws(map, new()
        {
            [nameof(map.Lookup)] = () => map.Lookup(default, 0, out _),
            [nameof(map.LookupAll)] = () => map.LookupAll(default, new ulong[2]),
            [nameof(map.LookupBytes)] = () => map.LookupBytes(default, new byte[16]),
            [nameof(map.Update)] = () => map.Update(default, 0, 1),
            [nameof(map.UpdateAll)] = () => map.UpdateAll(default, new ulong[2]),
            [nameof(map.Delete)] = () => map.Delete(default),
            [nameof(map.LookupAndDelete)] = () => map.LookupAndDelete(default, new ulong[2]),
            [nameof(map.GetFirstKey)] = () => map.GetFirstKey(out _),
            [nameof(map.GetNextKey)] = () => map.GetNextKey(default, out _),
        });
    }

    [Fact]
    public void RouteTableV4_throws_after_dispose()
    {
        RouteTableV4 table = new(4);
        Throws(table, new(Shared(table, s_v4))
        {
            [nameof(table.TryLookup)] = () => table.TryLookup(0, out _),
            [nameof(table.LookupBurst)] = () => table.LookupBurst([], []),
        });
    }

    [Fact]
    public void RouteTableV6_throws_after_dispose()
    {
        RouteTableV6 table = new(4);
        Throws(table, new(Shared(table, s_v6))
        {
            [nameof(table.TryLookup)] = () => table.TryLookup(default, out _),
            [nameof(table.LookupBurst)] = () => table.LookupBurst([], []),
        });
    }

    private static Dictionary<string, Action> Shared(RouteTable table, IPNetwork network) => new()
    {
        [nameof(table.Insert)] = () => table.Insert(network, 1),
        [nameof(table.Delete)] = () => table.Delete(network),
        [nameof(table.Get)] = () => table.Get(network, out _),
        [nameof(table.GetNextRoute)] = () => table.GetNextRoute(null, out _),
    };

    /// <summary>Every public method of the map is called, and throws.</summary>
    private static void Throws(IDisposable map, Dictionary<string, Action> calls)
    {
        IEnumerable<string> methods = map.GetType().GetMethods(BindingFlags.Public | BindingFlags.Instance)
            .Where(method => !method.IsSpecialName && method.DeclaringType != typeof(object) && method.Name != nameof(map.Dispose))
            .Select(method => method.Name).Distinct();
        Assert.Equal(methods.Order(), calls.Keys.Order());
        map.Dispose();
        map.Dispose();
        Assert.All(calls, call => Assert.Throws<ObjectDisposedException>(call.Value));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void Forget()
    {
        Assert.Equal(MapError.Ok, new FlowMap<RawKey<uint>, ulong>(10).Update(new(1), 1));
        Assert.False(new RouteTableV6(10).TryLookup(default, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PerCpuFlowMap<RawKey<uint>, ulong>(10, 0));
    }

    /// <summary>The bytes in use once what other tests have forgotten is gone.</summary>
    private static long Live()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return NativeBuffer.LiveBytes;
    }
}
