using System.Net;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>What each scheduler promises, whatever the servers.</summary>
public class SchedulerPropertyTests
{
    [Fact]
    public void Round_robin_gives_every_server_one_connection_a_cycle()
    {
        VirtualService service = Service(SchedulerKind.RoundRobin, 1, 5, 0, 2, 9);
        for (int cycle = 0; cycle < 20; cycle++)
            Assert.Equal([1, 1, 0, 1, 1], Counts(service, 5, 4));
    }

    [Theory]
    [InlineData(4, 3, 2)]
    [InlineData(100, 1)]
    [InlineData(6, 9, 12, 0, 3)]
    [InlineData(1, 1, 1, 1)]
    public void Weighted_round_robin_gives_exact_shares_over_a_cycle(params int[] weights)
    {
        VirtualService service = Service(SchedulerKind.WeightedRoundRobin, weights);
        int divisor = weights.Aggregate((a, b) => b == 0 ? a : Gcd(a, b));
        int[] shares = [.. weights.Select(weight => weight / divisor)];

        // The first pass follows the threshold that adding one by one left.
        Counts(service, weights.Length, shares.Sum() * 2);
        int[] start = Counts(service, weights.Length, shares.Sum());
        Assert.Equal(shares, start);
        for (int cycle = 0; cycle < 20; cycle++)
            Assert.Equal(shares, Counts(service, weights.Length, shares.Sum()));
    }

    [Theory]
    [InlineData(SchedulerKind.SourceHash)]
    [InlineData(SchedulerKind.MaglevHash)]
    public void Hashing_schedulers_do_not_care_for_the_order_of_connections(SchedulerKind kind)
    {
        Random random = new(3);
        VirtualService service = Service(kind, 1, 2, 3, 4), again = Service(kind, 1, 2, 3, 4);
        SchedulingKey[] keys = [.. Enumerable.Range(0, 500).Select(_ => new SchedulingKey((uint)random.Next(), 0x0a60000a, (ushort)random.Next(65536)))];
        Dictionary<SchedulingKey, int> chosen = keys.ToDictionary(key => key, key => service.Schedule(key));
        random.Shuffle(keys);
        foreach (SchedulingKey key in keys)
        {
            int server = again.Schedule(key);
            Assert.Equal(chosen[key], server);
            again.Bind(server);
        }
    }

    [Fact]
    public void No_scheduler_chooses_where_none_may_have_it_and_none_allocates()
    {
        foreach (SchedulerKind kind in Enum.GetValues<SchedulerKind>())
        {
            VirtualService empty = new(kind), drained = Service(kind, 0, 0, 0), service = Service(kind, 1, 2, 3);
            SchedulingKey key = new(0x01020304, 5, 6);
            Assert.Equal(VirtualService.NoServer, empty.Schedule(key, ulong.MaxValue));
            Assert.Equal(VirtualService.NoServer, drained.Schedule(key, ulong.MaxValue));
            for (int id = 0; id < 3; id++)
                service.SetLoad(id, 1, 1, overloaded: true);
            Assert.Equal(VirtualService.NoServer, service.Schedule(key, ulong.MaxValue));
            service.SetLoad(1, 1, 1, overloaded: false);
            Allocation.IsZero(() =>
            {
                int server = service.Schedule(key, 7);
                if (server >= 0)
                    service.Bind(server);
            });
        }
    }

    [Fact]
    public void Two_choices_follow_the_weights()
    {
        VirtualService service = Service(SchedulerKind.PowerOfTwoChoices, [.. Enumerable.Range(1, 100)]);
        Random random = new(7);
        int[] counts = new int[100];
        for (int i = 0; i < 200_000; i++)
            counts[service.Schedule(default, (ulong)random.NextInt64(long.MinValue, long.MaxValue))]++;
        for (int id = 20; id < 100; id++)
            Assert.InRange(counts[id], 0.8 * 200_000 * (id + 1) / 5050, 1.2 * 200_000 * (id + 1) / 5050);
    }

    private static VirtualService Service(SchedulerKind kind, params int[] weights)
    {
        VirtualService service = new(kind);
        for (int i = 0; i < weights.Length; i++)
            service.Add(new RealServer(new IPAddress([10, 0, 1, (byte)i]), 80, weights[i]));
        return service;
    }

    private static int[] Counts(VirtualService service, int servers, int connections)
    {
        int[] counts = new int[servers];
        for (int i = 0; i < connections; i++)
            counts[service.Schedule(default)]++;
        return counts;
    }

    private static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
}
