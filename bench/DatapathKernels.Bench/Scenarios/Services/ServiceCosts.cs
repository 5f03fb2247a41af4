using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;

namespace DatapathKernels.Bench.Scenarios.Services;

/// <summary>What packets cost by mode and size of cluster, measured when first asked for: scenarios of one run that ask for the same get the same.</summary>
internal sealed class ServiceCosts
{
    /// <summary>Zipf's exponent of the popularity that is not even.</summary>
    public const double Skew = 1.1;

    private const int Flows = 1000;

    private readonly Dictionary<(int Services, int Endpoints), IReadOnlyList<ServiceCost>> _known = [];

    /// <summary>The costs of every mode.</summary>
    /// <param name="context">How long to measure, and the cluster's seed.</param>
    /// <param name="services">Services of the cluster.</param>
    /// <param name="endpoints">Endpoints of each.</param>
    public IReadOnlyList<ServiceCost> Of(ScenarioContext context, int services, int endpoints)
    {
        if (_known.TryGetValue((services, endpoints), out IReadOnlyList<ServiceCost>? known))
            return known;
        DatapathModes.Warm();
        ScenarioTimer timer = new(context.Full);
        Cluster cluster = DatapathModes.ClusterOf(services, endpoints, context.Seed);
        return _known[(services, endpoints)] = [.. DatapathModes.All.Select(mode => Measure(timer, cluster, mode, services, endpoints))];
    }

    private static ServiceCost Measure(ScenarioTimer timer, Cluster cluster, DatapathMode mode, int services, int endpoints)
    {
        using MeasuredNode node = new(cluster, mode, Flows, Skew);
        double Of(Func<long> batch) => timer.Measure(batch, MeasuredNode.Batch).Median;
        return new ServiceCost(mode, services, endpoints)
        {
            Established = Of(node.Established),
            EstablishedSkewed = Of(node.EstablishedSkewed),
            First = Of(node.First),
            FirstSkewed = Of(node.FirstSkewed),
            FirstMissing = Of(node.FirstMissing),
        };
    }
}
