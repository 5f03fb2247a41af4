using System.Net;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Tests.Infrastructure;
using DatapathKernels.Tests.Oracles;
using FsCheck.Fluent;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>The schedulers that compare loads against the kernel's walks, through every change of a service.</summary>
public class SchedulerModelTests
{
    /// <summary>Weights of a cluster, with few values so that ties abound; weights beyond the exact range of fractions; and equal ones.</summary>
    public static TheoryData<SchedulerKind, int> Cases
    {
        get
        {
            TheoryData<SchedulerKind, int> data = [];
            foreach (SchedulerKind kind in (SchedulerKind[])
                [
                    SchedulerKind.LeastConnections, SchedulerKind.WeightedLeastConnections, SchedulerKind.ShortestExpectedDelay, SchedulerKind.NeverQueue,
                    SchedulerKind.WeightedFailover, SchedulerKind.WeightedOverflow, SchedulerKind.PowerOfTwoChoices,
                ])
            {
                foreach (int most in (int[])[1, 4, 65_535, int.MaxValue / 200])
                    data.Add(kind, most);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Follows_the_kernels_walk(SchedulerKind kind, int mostWeight) =>
        Property.Check(Gen.Choose(0, int.MaxValue - 1), seed => Run(kind, mostWeight, seed), count: 15);

    private static void Run(SchedulerKind kind, int mostWeight, int seed)
    {
        Random random = new(seed);
        VirtualService service = new(kind);
        List<int> ids = [];
        for (int step = 0; step < 300; step++)
        {
            Change(service, ids, random, mostWeight);
            SchedulerOracle.Server[] list = [.. service.ListOrder.ToArray().Select(id => Of(service, id))];
            long total = list.Sum(s => (long)s.Usable);
            (int draw1, int draw2) = ((int)random.NextInt64(total + 1), (int)random.NextInt64(total + 1));
            int expected = SchedulerOracle.Schedule(kind, list, draw1, draw2);
            int chosen = kind == SchedulerKind.PowerOfTwoChoices ? service.ScheduleByDraws(draw1, draw2) : service.Schedule(default);
            Assert.Equal((step, expected), (step, chosen));
            if (chosen >= 0 && random.Next(2) == 0)
                service.Bind(chosen);
        }
    }

    private static void Change(VirtualService service, List<int> ids, Random random, int mostWeight)
    {
        int choice = random.Next(100);
        if (ids.Count == 0 || (choice < 35 && ids.Count < 120))
        {
            int upper = random.Next(5) == 0 ? 1 + random.Next(3) : 0;
            ids.Add(service.Add(new RealServer(IPAddress.Loopback, NextPort(service), random.Next(6) == 0 ? 0 : 1 + random.Next(mostWeight), upper)));
            return;
        }

        int at = random.Next(ids.Count), id = ids[at];
        (int active, int inactive, _) = service.LoadOf(id);
        if (choice < 42)
        {
            service.Remove(id);
            ids.RemoveAt(at);
        }
        else if (choice < 52)
            service.Edit(id, service.ServerOf(id) with { Weight = random.Next(mostWeight) });
        else if (choice < 60)
            service.SetLoad(id, random.Next(1 << random.Next(1, 21)), random.Next(20), random.Next(4) == 0);
        else if (choice < 62)
        {
            SchedulerKind kind = service.Scheduler;
            service.Reschedule((SchedulerKind)random.Next(12));
            service.Bind(id);
            service.Reschedule(kind);
        }
        else if (choice < 80 && inactive > 0)
            service.Activate(id);
        else if (active > 0)
            service.Unbind(id, active: true);
        else
            service.Bind(id);
    }

    private static ushort NextPort(VirtualService service)
    {
        ushort port = 1;
        while (service.Find(IPAddress.Loopback, port) != VirtualService.NoServer)
            port++;
        return port;
    }

    private static SchedulerOracle.Server Of(VirtualService service, int id)
    {
        (int active, int inactive, bool overloaded) = service.LoadOf(id);
        return new(id, overloaded ? 0 : service.ServerOf(id).Weight, active, inactive);
    }
}
