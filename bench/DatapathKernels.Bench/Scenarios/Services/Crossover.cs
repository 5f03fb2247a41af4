using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.Services;

/// <summary>What packets cost in every mode as Services and endpoints grow: the lines, the flats, and where they cross.</summary>
internal sealed class Crossover : IScenario
{
    // Rules for more endpoints take longer to compile than a quick run has, or more memory than most machines.
    private const int QuickEndpoints = 5000, FullEndpoints = 300_000;

    private static readonly int[] Endpoints = [1, 10, 100];

    private static readonly int[] QuickServices = [10, 100, 1000, 5000];

    private static readonly int[] FullServices = [10, 30, 100, 300, 1000, 3000, 5000, 10_000, 30_000];

    /// <inheritdoc/>
    public string Name => nameof(Crossover);

    /// <inheritdoc/>
    public ScenarioRecord Run(ScenarioContext context)
    {
        int most = context.Full ? FullEndpoints : QuickEndpoints;
        List<ServiceCost> costs = [];
        foreach (int endpoints in Endpoints)
        {
            foreach (int services in (context.Full ? FullServices : QuickServices).Where(s => s * endpoints <= most))
                costs.AddRange(context.Costs.Of(context, services, endpoints));
        }

        return CrossoverRecord.Of(Name, costs, most);
    }
}
