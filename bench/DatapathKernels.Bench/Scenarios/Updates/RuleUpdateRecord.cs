using System.Globalization;
using DatapathKernels.Bench.Latency;
using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.Updates;

/// <summary>What <see cref="RuleUpdate"/> found, as findings and tables.</summary>
internal static class RuleUpdateRecord
{
    /// <param name="name">The scenario's.</param>
    /// <param name="services">Services of the cluster.</param>
    /// <param name="costs">Every mode.</param>
    /// <param name="about">Whose cluster it is, where it is not the built-in one; null for that.</param>
    public static ScenarioRecord Of(string name, int services, IReadOnlyList<UpdateCost> costs, string? about = null) => new(
        name,
        "One endpoint changes",
        "One endpoint of a cluster changes: what does a full reload cost, what the one change, and what do packets wait meanwhile?",
        [.. about is null ? (string[])[] : [about], .. costs.Select(cost => Finding(services, cost))],
        [Changes(services, costs), Latencies(costs)],
        [
            Chart("What a first packet waits while nothing changes", costs, cost => cost.Phases[0]),
            Chart("What a first packet waits while everything is reloaded again and again", costs, cost => cost.Phases[1]),
            Chart("What a first packet waits while the smallest changes there are follow one another", costs, cost => cost.Phases[^2]),
        ]);

    private static ScenarioChart Chart(string title, IReadOnlyList<UpdateCost> costs, Func<UpdateCost, UpdatePhase> phaseOf) => new(
        title,
        "the slowest of so many packets",
        "µs",
        LogX: true,
        LogY: true,
        [.. costs.Select(cost => new ScenarioSeries(cost.Mode.ToString(), Points(phaseOf(cost).Latency)))]);

    // A clock that stands still between two packets would say 0, which a logarithm has no place for.
    private static ScenarioPoint[] Points(LatencySummary latency) =>
        [new(2, Us(latency.P50)), new(100, Us(latency.P99)), new(1000, Us(latency.P999)), new(10_000, Us(latency.P9999))];

    private static double Us(double ns) => Math.Max(1, ns) / 1000;

    private static string Finding(int services, UpdateCost cost)
    {
        string change = cost.Change is { } one
            ? $"one endpoint {Time(one.Median)} ({Words.Times(cost.Reload.Median / one.Median)} times less), {cost.How}"
            : "there is no smaller change";
        UpdatePhase before = cost.Phases[0], during = cost.Phases[^2];
        return $"{cost.Mode} at {Words.Count(services)} Services: a full reload takes {Time(cost.Reload.Median)}, {change}; "
            + $"p99.9 of a first packet is {Time(before.Latency.P999)} before and {Time(during.Latency.P999)} {during.Name}";
    }

    private static ScenarioTable Changes(int services, IReadOnlyList<UpdateCost> costs) => new(
        $"A change at {Words.Count(services)} Services, median (min–max); parsing and kube-proxy's own work not included",
        ["mode", "full reload", "one endpoint", "applied"],
        [.. costs.Select(c => (IReadOnlyList<string>)[c.Mode.ToString(), Spread(c.Reload), c.Change is { } one ? Spread(one) : "none", c.How])]);

    private static ScenarioTable Latencies(IReadOnlyList<UpdateCost> costs) => new(
        "What a first packet waits, ns, timed one by one; full reloads by another thread, all without a pause between them; p99.99 of fewer than 10,000 packets is the slowest of them",
        ["mode and phase", "p50", "p99", "p99.9", "p99.99", "packets", "updates meanwhile"],
        [
            .. costs.SelectMany(c => c.Phases.Select(p => (IReadOnlyList<string>)
            [
                $"{c.Mode}, {p.Name}", Words.Count(p.Latency.P50), Words.Count(p.Latency.P99), Words.Count(p.Latency.P999), Words.Count(p.Latency.P9999), Words.Count(p.Packets), Words.Count(p.Updates),
            ])),
        ]);

    private static string Spread(ScenarioTime time) => $"{Time(time.Median)} ({Time(time.Min)}–{Time(time.Max)})";

    /// <summary>A duration with the unit it is best read in: <c>740 ns</c>, <c>12.3 µs</c>, <c>1.25 ms</c>.</summary>
    internal static string Time(double ns) => ns switch
    {
        < 1e3 => ns.ToString("0 'ns'", CultureInfo.InvariantCulture),
        < 1e6 => (ns / 1e3).ToString("0.0 'µs'", CultureInfo.InvariantCulture),
        < 1e9 => (ns / 1e6).ToString("0.0 'ms'", CultureInfo.InvariantCulture),
        _ => (ns / 1e9).ToString("0.00 's'", CultureInfo.InvariantCulture),
    };
}
