using DatapathKernels.Bench.Running;
using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Conntrack;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.Pressure;

/// <summary>A SYN flood into a connection table under every policy: who loses, and what a packet costs.</summary>
internal sealed class ConntrackPressure : IScenario
{
    private const int Established = 10_000;

    // The table fills in one, and is full for the rest.
    private const double Times = 4;

    private static readonly int[] QuickSizes = [65_536];

    private static readonly int[] FullSizes = [65_536, 262_144, 1_048_576];

    private static readonly EvictionPolicy[] Policies = [EvictionPolicy.Linux, EvictionPolicy.DropNew, EvictionPolicy.Lru, EvictionPolicy.LeastUseful];

    /// <inheritdoc/>
    public string Name => nameof(ConntrackPressure);

    /// <inheritdoc/>
    public ScenarioLength Length => new(Quick: 1.2, Full: 31);

    /// <inheritdoc/>
    public ScenarioRecord Run(ScenarioContext context)
    {
        CodeSettling.Run(() =>
        {
            foreach (EvictionPolicy policy in Policies)
                Measure(policy, 8192, 1000);
        });
        List<(int Size, IReadOnlyList<FloodCost> Policies)> sizes = [];
        foreach (int size in context.Full ? FullSizes : QuickSizes)
            sizes.Add((size, [.. Policies.Select(policy => Measure(policy, size, Established))]));
        return ConntrackPressureRecord.Of(Name, sizes);
    }

    /// <summary>One table, one policy.</summary>
    internal static FloodCost Measure(EvictionPolicy policy, int size, int established)
    {
        using Flood flood = new(policy, size, established);
        return flood.Run(Times);
    }
}
