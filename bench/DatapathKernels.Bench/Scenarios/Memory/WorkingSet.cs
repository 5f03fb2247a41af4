using DatapathKernels.Bench.Input;
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
    public bool UsesInput => true;

    /// <inheritdoc/>
    public ScenarioRecord Run(ScenarioContext context)
    {
        DatapathModes.Warm();
        int[] sizes = context.Full ? FullFlows : QuickFlows;
        ScenarioTimer timer = new(context.Full);
        if (context.Input.Cluster is { } own)
            return OfOwn(own, sizes, timer);
        Cluster cluster = DatapathModes.ClusterOf(Services, seed: context.Seed);
        return WorkingSetRecord.Of(Name, Measure(sizes, (mode, flows) => new MeasuredNode(cluster, mode, flows, opensMore: false), timer), CacheSize.Read());
    }

    private ScenarioRecord OfOwn(ClusterInput own, int[] sizes, ScenarioTimer timer)
    {
        int most = ClusterTraffic.MostKnown(own.Groups);
        IReadOnlyList<FlowCost> costs = Measure([.. sizes.Where(flows => flows <= most)], (mode, flows) => new MeasuredUserNode(own, mode, flows), timer);
        string leftOut = most < sizes[^1] ? $"; its pods have ports for {Words.Count(most)} connections, larger sizes were left out" : "";
        return WorkingSetRecord.Of(Name, costs, CacheSize.Read(), DatapathModes.AboutOwn(own) + leftOut);
    }

    private static List<FlowCost> Measure(int[] sizes, Func<DatapathMode, int, IMeasuredNode> build, ScenarioTimer timer)
    {
        List<FlowCost> costs = [];
        foreach (int flows in sizes)
        {
            foreach (DatapathMode mode in DatapathModes.All)
            {
                using IMeasuredNode node = build(mode, flows);
                costs.Add(new FlowCost(mode, node.Known, timer.Measure(node.Established, node.Packets), node.Node.ConnectionBytes));
            }
        }

        return costs;
    }

    /// <summary>What a packet cost at so many connections, and the memory of everything kept about them.</summary>
    internal sealed record FlowCost(DatapathMode Mode, int Flows, ScenarioTime Time, long StateBytes);
}
