using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.Updates;

/// <summary>One endpoint of a cluster changes: what that costs every mode, and what packets wait meanwhile.</summary>
internal sealed class RuleUpdate : IScenario
{
    private const int QuickServices = 1000, FullServices = 30_000, Flows = 1000;

    private const double QuickPhaseMs = 60, FullPhaseMs = 1000;

    /// <inheritdoc/>
    public string Name => nameof(RuleUpdate);

    /// <inheritdoc/>
    public ScenarioLength Length => new(Quick: 3, Full: 90);

    /// <inheritdoc/>
    public bool UsesInput => true;

    /// <inheritdoc/>
    public ScenarioRecord Run(ScenarioContext context)
    {
        DatapathModes.Warm();
        double phaseMs = context.Full ? FullPhaseMs : QuickPhaseMs;
        if (context.Input.Cluster is { } own)
            return RuleUpdateRecord.Of(Name, own.Cluster.Services.Count, [.. DatapathModes.All.Select(mode => Measure(new MeasuredUserNode(own, mode), phaseMs))], DatapathModes.AboutOwn(own));
        int services = context.Full ? FullServices : QuickServices;
        Cluster cluster = DatapathModes.ClusterOf(services, seed: context.Seed);
        return RuleUpdateRecord.Of(Name, services, [.. DatapathModes.All.Select(mode => Measure(new MeasuredNode(cluster, mode, Flows), phaseMs))]);
    }

    /// <summary>One mode; the node is disposed.</summary>
    internal static UpdateCost Measure(IMeasuredNode node, double phaseMs)
    {
        using UpdateMeasurement measurement = new(node, phaseMs);
        return measurement.Run();
    }
}
