using DatapathKernels.LoadBalancing;

namespace DatapathKernels.Tests.Oracles;

/// <summary>The kernel's schedulers that compare loads, as walks over a list: what they say, without a thought for speed.</summary>
internal static class SchedulerOracle
{
    /// <summary>A server as the walks see it; usable is its weight, 0 while overloaded.</summary>
    internal readonly record struct Server(int Id, int Usable, int Active, int Inactive)
    {
        public int Overhead => unchecked((Active << 8) + Inactive);
    }

    public static int Schedule(SchedulerKind kind, IEnumerable<Server> list, int draw1 = 0, int draw2 = 0)
    {
        Server[] servers = [.. list.Where(server => server.Usable > 0)];
        return kind switch
        {
            SchedulerKind.LeastConnections => First(servers, (best, next) => next.Overhead < best.Overhead),
            SchedulerKind.WeightedLeastConnections => First(servers, (best, next) => (long)best.Overhead * next.Usable > (long)next.Overhead * best.Usable),
            SchedulerKind.ShortestExpectedDelay => Delay(servers),
            SchedulerKind.NeverQueue => servers.Any(s => s.Active == 0) ? servers.First(s => s.Active == 0).Id : Delay(servers),
            SchedulerKind.WeightedFailover => First(servers, (best, next) => next.Usable > best.Usable),
            SchedulerKind.WeightedOverflow => First([.. servers.Where(s => s.Active <= s.Usable)], (best, next) => next.Usable > best.Usable),
            _ => TwoChoices(servers, draw1, draw2),
        };
    }

    private static int Delay(Server[] servers) => First(servers, (best, next) => (best.Active + 1L) * next.Usable > (next.Active + 1L) * best.Usable);

    private static int First(Server[] servers, Func<Server, Server, bool> isBetter)
    {
        if (servers.Length == 0)
            return VirtualService.NoServer;
        Server best = servers[0];
        foreach (Server next in servers)
            best = isBetter(best, next) ? next : best;
        return best.Id;
    }

    private static int TwoChoices(Server[] servers, int draw1, int draw2)
    {
        Server? one = null, two = null;
        foreach (Server server in servers)
        {
            (draw1, draw2) = (draw1 - server.Usable, draw2 - server.Usable);
            one ??= draw1 <= 0 ? server : null;
            two ??= draw2 <= 0 ? server : null;
        }

        if (one is not { } first || two is not { } second)
            return VirtualService.NoServer;
        return unchecked(second.Usable * first.Overhead > first.Usable * second.Overhead) ? second.Id : first.Id;
    }
}
