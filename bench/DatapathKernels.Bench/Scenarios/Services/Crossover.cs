using System.Diagnostics;
using DatapathKernels.Bench.Running;
using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.Services;

/// <summary>What packets cost in every mode as Services and endpoints grow: the lines, the flats, and where they cross.</summary>
internal sealed class Crossover : IScenario
{
    // Rules for more endpoints take longer to compile than a quick run has, or more memory than most machines.
    private const int QuickEndpoints = 5000, FullEndpoints = 300_000;

    // Larger sizes come last: on a slow machine they are left out, and that is said.
    private const double MostSeconds = 480;

    private static readonly int[] Endpoints = [1, 10, 100];

    private static readonly int[] QuickServices = [10, 100, 1000, 5000];

    private static readonly int[] FullServices = [10, 30, 100, 300, 1000, 3000, 5000, 10_000, 30_000];

    /// <inheritdoc/>
    public string Name => nameof(Crossover);

    /// <inheritdoc/>
    public ScenarioLength Length => new(Quick: 2, Full: MostSeconds);

    /// <inheritdoc/>
    public ScenarioRecord Run(ScenarioContext context)
    {
        int most = context.Full ? FullEndpoints : QuickEndpoints;
        (int Services, int Endpoints)[] sizes =
            [.. Endpoints.SelectMany(endpoints => (context.Full ? FullServices : QuickServices).Where(s => s * endpoints <= most).Select(services => (services, endpoints)))];
        Stopwatch clock = Stopwatch.StartNew();
        TimeBudget budget = new(MostSeconds, () => clock.Elapsed.TotalSeconds);
        List<ServiceCost> costs = [];
        int done = 0;
        while (done < sizes.Length && budget.TryBegin())
        {
            costs.AddRange(context.Costs.Of(context, sizes[done].Services, sizes[done].Endpoints));
            done++;
            if (context.Full)
                context.Report($"{Name}: {Words.Count(sizes[done - 1].Services)} Services of {sizes[done - 1].Endpoints}, size {done} of {sizes.Length}, {ProgressLines.Minutes(clock.Elapsed.TotalSeconds)} of {ProgressLines.Minutes(MostSeconds)} at most");
        }

        return CrossoverRecord.Of(Name, costs, most, sizes[done..]);
    }
}
