using System.Net;
using DatapathKernels.LoadBalancing;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>What a service takes and refuses, as <c>ip_vs_add_dest</c>, <c>ip_vs_edit_dest</c> and <c>ip_vs_edit_service</c> do.</summary>
public class VirtualServiceTests
{
    private static readonly IPAddress Address = IPAddress.Parse("10.0.0.1");

    [Fact]
    public void A_server_is_there_once_and_keeps_its_address()
    {
        VirtualService service = new(SchedulerKind.RoundRobin);
        int id = service.Add(new RealServer(Address, 80));
        Assert.Throws<ArgumentException>(() => service.Add(new RealServer(Address, 80, Weight: 2)));
        Assert.Equal(1, service.Add(new RealServer(Address, 81)));
        Assert.Throws<ArgumentException>(() => service.Edit(id, new RealServer(Address, 82)));
        service.Edit(id, new RealServer(Address, 80, Weight: 5));
        Assert.Equal(5, service.ServerOf(id).Weight);
        Assert.Equal((0, 1, VirtualService.NoServer), (service.Find(Address, 80), service.Find(Address, 81), service.Find(IPAddress.IPv6Loopback, 80)));
    }

    [Theory]
    [InlineData(5, 6)]
    [InlineData(0, 1)]
    [InlineData(-1, -1)]
    public void Thresholds_are_in_order(int upper, int lower) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new VirtualService(SchedulerKind.RoundRobin).Add(new RealServer(Address, 80, 1, upper, lower)));

    [Fact]
    public void Weighted_round_robin_that_begins_with_its_servers_begins_at_the_largest_weight()
    {
        VirtualService grown = Weighted(SchedulerKind.WeightedRoundRobin), begun = Weighted(SchedulerKind.RoundRobin);
        begun.Reschedule(SchedulerKind.WeightedRoundRobin);
        Assert.Equal([2, 1, 0, 0, 1, 0], Take(grown, 6));
        Assert.Equal([0, 1, 0, 2, 1, 0], Take(begun, 6));
    }

    [Fact]
    public void Another_scheduler_begins_anew_and_the_same_goes_on()
    {
        VirtualService service = Weighted(SchedulerKind.RoundRobin);
        Assert.Equal([2, 1], Take(service, 2));
        service.Reschedule(SchedulerKind.RoundRobin, SchedulerFlags.Port);
        Assert.Equal(SchedulerFlags.Port, service.Flags);
        Assert.Equal([0], Take(service, 1));
        service.Bind(2);
        service.Reschedule(SchedulerKind.LeastConnections);
        Assert.Equal([1], Take(service, 1));
        service.Reschedule(SchedulerKind.RoundRobin);
        Assert.Equal([2], Take(service, 1));
        service.Reschedule(SchedulerKind.MaglevHash);
        VirtualService same = Weighted(SchedulerKind.MaglevHash);
        Assert.Equal(same.Buckets, service.Buckets);
        Assert.Throws<ArgumentOutOfRangeException>(() => service.Reschedule((SchedulerKind)99));
    }

    private static VirtualService Weighted(SchedulerKind kind)
    {
        VirtualService service = new(kind);
        for (int i = 0; i < 3; i++)
            service.Add(new RealServer(new IPAddress([10, 0, 0, (byte)i]), 80, 4 - i));
        return service;
    }

    private static int[] Take(VirtualService service, int count) => [.. Enumerable.Range(0, count).Select(_ => service.Schedule(default))];
}
