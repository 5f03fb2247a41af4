using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Formats.Datapaths;
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
    public ScenarioLength Length => new(Quick: 3.5, Full: 100);

    /// <inheritdoc/>
    public bool UsesInput => true;

    /// <inheritdoc/>
    public ScenarioRecord Run(ScenarioContext context)
    {
        if (context.Input.Cluster is { } own)
            return ConnectionShareRecord.Of(Name, [(own.Targets, Costs(own, context.Full))], DatapathModes.AboutOwn(own));
        List<(int Services, IReadOnlyList<ModeCost> Modes)> sizes = [];
        foreach (int services in context.Full ? FullServices : QuickServices)
            sizes.Add((services, [.. context.Costs.Of(context, services, endpoints: 1).Select(c => new ModeCost(c.Mode, c.Established, c.First))]));
        return ConnectionShareRecord.Of(Name, sizes);
    }

    /// <summary>What the reader's own traffic costs in every mode, with policies where there are some.</summary>
    internal static IReadOnlyList<ModeCost> Costs(ClusterInput own, bool full)
    {
        DatapathModes.Warm();
        ScenarioTimer timer = new(full);
        return [.. DatapathModes.All.Select(mode => Cost(own, mode, timer))];
    }

    private static ModeCost Cost(ClusterInput own, DatapathMode mode, ScenarioTimer timer)
    {
        using MeasuredUserNode node = new(own, mode);
        return new ModeCost(mode, timer.Measure(node.Established, node.Packets).Median, timer.Measure(node.First, node.Packets).Median);
    }
}
