using DatapathKernels.Bench.Cli;
using DatapathKernels.Bench.Scenarios.Disruption;
using DatapathKernels.Bench.Scenarios.Dns;
using DatapathKernels.Bench.Scenarios.LongLived;
using DatapathKernels.Bench.Scenarios.Memory;
using DatapathKernels.Bench.Scenarios.OverlayPrice;
using DatapathKernels.Bench.Scenarios.Pressure;
using DatapathKernels.Bench.Scenarios.Services;
using DatapathKernels.Bench.Scenarios.Updates;
using DatapathKernels.Bench.Scenarios.Zones;

namespace DatapathKernels.Bench.Scenarios;

/// <summary>The scenarios there are, and those a command line asks for.</summary>
internal static class ScenarioCatalog
{
    /// <summary>All, in the order they run and are reported.</summary>
    public static IReadOnlyList<IScenario> All { get; } =
    [
        new WorkingSet(),
        new ConnectionShare(),
        new Crossover(),
        new RuleUpdate(),
        new ConntrackPressure(),
        new OverlayPriceScenario(),
        new LongLivedScenario(),
        new ZonesScenario(),
        new DnsScenario(),
        new DisruptionScenario(),
    ];

    /// <summary>
    /// Those whose name the filter matches; without a filter all, or with the reader's own files those that use them.
    /// </summary>
    public static IReadOnlyList<IScenario> Select(BenchOptions options)
    {
        bool ownInput = options.RulesFile is not null || options.ServiceFiles is not null || options.CaptureFile is not null;
        return [.. All.Where(s => options.Filter?.Matches(s.Name) ?? (!ownInput || (options.ServiceFiles is not null && s.UsesInput)))];
    }
}
