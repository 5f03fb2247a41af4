using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.Services;

/// <summary>At which share of new connections each mode overtakes each other, by the number of Services of one endpoint.</summary>
internal sealed class ConnectionShare : IScenario
{
    private static readonly int[] QuickServices = [100, 1000, 5000];

    private static readonly int[] FullServices = [10, 100, 300, 1000, 3000, 5000, 10_000, 30_000];

    /// <inheritdoc/>
    public string Name => nameof(ConnectionShare);

    /// <inheritdoc/>
    public ScenarioRecord Run(ScenarioContext context)
    {
        List<(int Services, IReadOnlyList<ModeCost> Modes)> sizes = [];
        foreach (int services in context.Full ? FullServices : QuickServices)
            sizes.Add((services, [.. context.Costs.Of(context, services, endpoints: 1).Select(c => new ModeCost(c.Mode, c.Established, c.First))]));
        return ConnectionShareRecord.Of(Name, sizes);
    }
}
