using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.Memory;

/// <summary>What a packet of a known connection costs in each mode as connections grow, and where what is kept about them outgrows the caches.</summary>
internal sealed class WorkingSet : IScenario
{
    private const int Services = 100;

    private static readonly int[] QuickFlows = [1000, 10_000, 100_000];

    private static readonly int[] FullFlows = [1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 2_000_000, 4_000_000];

    /// <inheritdoc/>
    public string Name => nameof(WorkingSet);

    /// <inheritdoc/>
    public ScenarioLength Length => new(Quick: 5, Full: 120);

    /// <inheritdoc/>
    public ScenarioRecord Run(ScenarioContext context)
    {
        DatapathModes.Warm();
        Cluster cluster = DatapathModes.ClusterOf(Services, seed: context.Seed);
        ScenarioTimer timer = new(context.Full);
        List<FlowCost> costs = [];
        foreach (int flows in context.Full ? FullFlows : QuickFlows)
        {
            foreach (DatapathMode mode in DatapathModes.All)
            {
                using MeasuredNode node = new(cluster, mode, flows, opensMore: false);
                costs.Add(new FlowCost(mode, flows, timer.Measure(node.Established, MeasuredNode.Batch), node.StateBytes));
            }
        }

        return WorkingSetRecord.Of(Name, costs, CacheSize.Read());
    }

    /// <summary>What a packet cost at so many connections, and the memory of everything kept about them.</summary>
    internal sealed record FlowCost(DatapathMode Mode, int Flows, ScenarioTime Time, long StateBytes);
}
