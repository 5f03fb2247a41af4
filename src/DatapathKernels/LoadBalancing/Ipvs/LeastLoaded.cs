using DatapathKernels.Simd;

namespace DatapathKernels.LoadBalancing;

/// <summary>
/// The schedulers that compare loads: <c>lc</c>, <c>wlc</c>, <c>sed</c>, <c>nq</c>, <c>fo</c>, <c>ovf</c>. The kernel walks a list and keeps the
/// first best; here every server has the key by which its scheduler compares, kept up to date, and the first least key is looked up.
/// </summary>
/// <remarks>
/// The kernel compares fractions by multiplying crosswise in 64 bits. A key is the fraction as a double: divisions are rounded correctly, so equal
/// fractions are equal keys, and fractions that differ stay apart and in order while cost times weight stays below 2^52. Costs have 31 bits, so
/// that holds for weights below <see cref="LargeWeight"/>; with a larger one (ipvsadm's end at 65,535) <see cref="Walk"/> does as the kernel does.
/// </remarks>
internal static class LeastLoaded
{
    /// <summary>Weights from here on are compared by <see cref="Walk"/>.</summary>
    public const int LargeWeight = 1 << 20;

    /// <summary>True when the scheduler compares keys.</summary>
    public static bool Uses(SchedulerKind kind) => kind is SchedulerKind.LeastConnections or SchedulerKind.WeightedFailover or SchedulerKind.WeightedOverflow
        || HasFractions(kind);

    /// <summary>The key of a server: what its scheduler wants least.</summary>
    /// <param name="kind">One of those that compare loads.</param>
    /// <param name="usable">Its weight; 0 when it may not be chosen.</param>
    /// <param name="active">Its active connections.</param>
    /// <param name="overhead">256 times those plus the inactive ones.</param>
    public static double Key(SchedulerKind kind, int usable, int active, int overhead)
    {
        if (usable == 0)
            return LeastKeys.Never;
        return kind switch
        {
            SchedulerKind.LeastConnections => overhead,
            SchedulerKind.WeightedLeastConnections => (double)overhead / usable,
            SchedulerKind.ShortestExpectedDelay => (active + 1.0) / usable,
            SchedulerKind.NeverQueue => active == 0 ? double.NegativeInfinity : (active + 1.0) / usable,
            SchedulerKind.WeightedFailover => -usable,
            _ => active > usable ? LeastKeys.Never : -usable,
        };
    }

    /// <summary>The position of the server that gets the connection; -1 when none may.</summary>
    public static int Schedule(ServerColumns servers) =>
        servers.LargeWeights > 0 && HasFractions(servers.Kind) ? Walk(servers) : servers.Keys!.First<NativeIsa>();

    /// <summary>The kernel's walk of <c>wlc</c>, <c>sed</c> and <c>nq</c>.</summary>
    public static int Walk(ServerColumns servers)
    {
        ReadOnlySpan<int> usable = servers.Usable, active = servers.Active;
        bool weighsOverhead = servers.Kind == SchedulerKind.WeightedLeastConnections;
        int best = -1;
        long bestCost = 0;
        for (int i = 0; i < usable.Length; i++)
        {
            if (usable[i] == 0)
                continue;
            if (servers.Kind == SchedulerKind.NeverQueue && active[i] == 0)
                return i;
            long cost = weighsOverhead ? servers.Overhead[i] : active[i] + 1L;
            if (best < 0 || bestCost * usable[i] > cost * usable[best])
                (best, bestCost) = (i, cost);
        }

        return best;
    }

    private static bool HasFractions(SchedulerKind kind) =>
        kind is SchedulerKind.WeightedLeastConnections or SchedulerKind.ShortestExpectedDelay or SchedulerKind.NeverQueue;
}
