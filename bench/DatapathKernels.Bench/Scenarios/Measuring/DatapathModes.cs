using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Running;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;

namespace DatapathKernels.Bench.Scenarios.Measuring;

/// <summary>The modes that scenarios compare, and their code made ready.</summary>
internal static class DatapathModes
{
    private const int WarmServices = 20, WarmFlows = 256, LeastNodes = 3;

    private static bool s_isWarm;

    /// <summary>Every mode, in the order of tables.</summary>
    public static IReadOnlyList<DatapathMode> All { get; } = [.. Enum.GetValues<DatapathMode>()];

    /// <summary>A cluster of TCP Services, whose nodes have some two hundred pods each: clients for millions of connections.</summary>
    public static Cluster ClusterOf(int services, int endpoints = 4, int seed = 1) => ClusterGenerator.Generate(new ClusterOptions
    {
        Services = services,
        EndpointsPerService = endpoints,
        UdpShare = 0,
        Nodes = Math.Max(LeastNodes, services * endpoints / 100),
        Seed = (ulong)seed,
    });

    /// <summary>The first line of what is found of the reader's own cluster.</summary>
    public static string AboutOwn(ClusterInput own) =>
        $"The reader's own cluster, with {Words.Count(own.Targets)} service ports asked{(own.Policies is null ? "" : " and its policies")}";

    /// <summary>Runs every mode until the runtime has compiled it, once a process: small nodes, all in turn, so that the wait is for all.</summary>
    public static void Warm()
    {
        if (s_isWarm)
            return;
        Cluster cluster = ClusterOf(WarmServices);
        MeasuredNode[] nodes = [.. All.Select(mode => new MeasuredNode(cluster, mode, WarmFlows))];
        CodeSettling.Run(() =>
        {
            foreach (MeasuredNode node in nodes)
            {
                node.Established();
                node.First();
            }
        });
        foreach (MeasuredNode node in nodes)
            node.Dispose();
        s_isWarm = true;
    }
}
