using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.Updates;

/// <summary>One endpoint of a cluster changes: what that costs every mode, and what packets wait meanwhile.</summary>
internal sealed class RuleUpdate : IScenario
{
    private const int QuickServices = 1000, FullServices = 30_000;

    private const double QuickPhaseMs = 60, FullPhaseMs = 1000;

    /// <inheritdoc/>
    public string Name => nameof(RuleUpdate);

    /// <inheritdoc/>
    public ScenarioLength Length => new(Quick: 3, Full: 90);

    /// <inheritdoc/>
    public ScenarioRecord Run(ScenarioContext context)
    {
        DatapathModes.Warm();
        int services = context.Full ? FullServices : QuickServices;
        Cluster cluster = DatapathModes.ClusterOf(services, seed: context.Seed);
        return RuleUpdateRecord.Of(Name, services, [.. DatapathModes.All.Select(mode => Measure(cluster, mode, context.Full ? FullPhaseMs : QuickPhaseMs))]);
    }

    /// <summary>One mode.</summary>
    internal static UpdateCost Measure(Cluster cluster, DatapathMode mode, double phaseMs)
    {
        using UpdateMeasurement measurement = new(cluster, mode, phaseMs);
        return measurement.Run();
    }
}
