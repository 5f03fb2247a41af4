using DatapathKernels.Bench.Cli;
using DatapathKernels.Bench.Scenarios.Memory;
using DatapathKernels.Bench.Scenarios.Pressure;
using DatapathKernels.Bench.Scenarios.Services;
using DatapathKernels.Bench.Scenarios.Updates;

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
    ];

    /// <summary>
    /// Those whose name the filter matches; without a filter all, or with the reader's own files those that use them.
    /// </summary>
    public static IReadOnlyList<IScenario> Select(BenchOptions options)
    {
        bool ownInput = options.RulesFile is not null || options.ServiceFiles is not null || options.CaptureFile is not null;
        return [.. All.Where(s => options.Filter?.Matches(s.Name) ?? (!ownInput || s.UsesInput))];
    }
}
