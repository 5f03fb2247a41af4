using System.Net;

namespace DatapathKernels.Formats.Clusters;

/// <summary>The sizes of a cluster, worked out and checked before anything is made.</summary>
internal readonly struct ClusterPlan
{
    private ClusterPlan(bool hasV4, bool hasV6, int[] endpointCounts, int backends, int otherPods, int nodes)
    {
        HasV4 = hasV4;
        HasV6 = hasV6;
        EndpointCounts = endpointCounts;
        Backends = backends;
        OtherPods = otherPods;
        Nodes = nodes;
    }

    public bool HasV4 { get; }

    public bool HasV6 { get; }

    /// <summary>Endpoints of each service.</summary>
    public int[] EndpointCounts { get; }

    /// <summary>Pods behind services.</summary>
    public int Backends { get; }

    /// <summary>Pods behind none.</summary>
    public int OtherPods { get; }

    public int Nodes { get; }

    public static ClusterPlan Make(ClusterOptions options, int podsPerNode, int maxPodsPerNode, int nodePrefixV4, int nodePrefixV6)
    {
        bool v4 = options.Families.HasFlag(IpFamilies.IPv4), v6 = options.Families.HasFlag(IpFamilies.IPv6);
        Require(v4 || v6, nameof(options.Families), options.Families, "IPv4, IPv6 or DualStack");
        CheckNumbers(options);

        int[] counts = options.EndpointMix == EndpointMix.Realistic ? RealisticCounts(options.Services) : FixedCounts(options);
        long backends = 0;
        foreach (int count in counts)
            backends += count;
        long pods = backends + (options.OtherPods ?? Math.Max(backends, 100));

        int maxNodes = int.MaxValue;
        if (v4)
            maxNodes = CheckRanges(options.ServiceRangeV4, options.PodRangeV4, options.NodeRangeV4, options.Services, nodePrefixV4, maxNodes);
        if (v6)
            maxNodes = CheckRanges(options.ServiceRangeV6, options.PodRangeV6, options.NodeRangeV6, options.Services, nodePrefixV6, maxNodes);

        long nodes = options.Nodes ?? Math.Clamp((pods + podsPerNode - 1) / podsPerNode, 1, maxNodes);
        Require(nodes <= maxNodes, nameof(options.Nodes), nodes, $"at most {maxNodes} nodes fit the pod and node ranges");
        Require(pods <= nodes * maxPodsPerNode, nameof(options.EndpointsPerService), options.EndpointsPerService,
            $"{pods} pods do not fit on {nodes} nodes of {maxPodsPerNode} addresses each: fewer services or endpoints, or more nodes");
        return new(v4, v6, counts, (int)backends, (int)(pods - backends), (int)nodes);
    }

    private static void CheckNumbers(ClusterOptions options)
    {
        Require(options.Services >= 0, nameof(options.Services), options.Services, "0 or more");
        Require(options.EndpointsPerService >= 0, nameof(options.EndpointsPerService), options.EndpointsPerService, "0 or more");
        Require(options.PortsPerService is >= 1 and <= 1000, nameof(options.PortsPerService), options.PortsPerService, "1 to 1000");
        Require(options.Zones >= 1, nameof(options.Zones), options.Zones, "1 or more");
        Require(options.Nodes is null or >= 1, nameof(options.Nodes), options.Nodes, "1 or more");
        Require(options.OtherPods is null or >= 0, nameof(options.OtherPods), options.OtherPods, "0 or more");
        CheckShare(nameof(options.UdpShare), options.UdpShare);
        CheckShare(nameof(options.AffinityShare), options.AffinityShare);
        CheckShare(nameof(options.NotReadyShare), options.NotReadyShare);
        CheckShare(nameof(options.NoEndpointsShare), options.NoEndpointsShare);
        CheckShare(nameof(options.NodePortShare), options.NodePortShare);
        CheckShare(nameof(options.LoadBalancerShare), options.LoadBalancerShare);
        CheckShare(nameof(options.SourceRangesShare), options.SourceRangesShare);
        CheckShare(nameof(options.ExternalIPShare), options.ExternalIPShare);
        CheckShare(nameof(options.ExternalTrafficLocalShare), options.ExternalTrafficLocalShare);
        CheckShare(nameof(options.InternalTrafficLocalShare), options.InternalTrafficLocalShare);
        CheckShare(nameof(options.TerminatingShare), options.TerminatingShare);
        CheckShare(nameof(options.TerminatingShare), options.TerminatingShare + options.NotReadyShare);
    }

    private static void CheckShare(string name, double share) => Require(share is >= 0 and <= 1, name, share, "a share from 0 to 1");

    /// <summary>Returns how many nodes these ranges allow, or <paramref name="maxNodes"/> when that is less.</summary>
    private static int CheckRanges(IPNetwork services, IPNetwork pods, IPNetwork nodes, int serviceCount, int nodePrefix, int maxNodes)
    {
        AddressRange serviceRange = new(services);
        Require(serviceCount <= serviceRange.Usable, nameof(ClusterOptions.Services), serviceCount,
            $"the service range {services} has {serviceRange.Usable} addresses");
        Require(!services.Contains(pods.BaseAddress) && !pods.Contains(services.BaseAddress), nameof(ClusterOptions), pods,
            $"the pod range must not overlap the service range {services}");
        int subnets = new AddressRange(pods).Subnets(nodePrefix);
        Require(subnets > 0, nameof(ClusterOptions), pods, $"the pod range must hold at least one /{nodePrefix}");
        return Math.Min(maxNodes, Math.Min(subnets, new AddressRange(nodes).Usable));
    }

    private static int[] FixedCounts(ClusterOptions options)
    {
        int[] counts = new int[options.Services];
        Array.Fill(counts, options.EndpointsPerService);
        return counts;
    }

    /// <summary>
    /// Of P pods, P/4 are in groups of 250, P/4 in groups of 30 and P/2 in groups of 5: P/1000, P/120 and P/10 groups, so
    /// 3, 25 and 300 of every 328 services.
    /// </summary>
    private static int[] RealisticCounts(int services)
    {
        int large = (int)(((services * 3L) + 164) / 328);
        int medium = (int)(((services * 25L) + 164) / 328);
        int[] counts = new int[services];
        Array.Fill(counts, 5);
        counts.AsSpan(0, large).Fill(250);
        counts.AsSpan(large, medium).Fill(30);
        return counts;
    }

    private static void Require(bool condition, string parameter, object? actual, string expected)
    {
        if (!condition)
            throw new ArgumentOutOfRangeException(parameter, actual, expected);
    }
}
