using System.Globalization;
using System.Net;

namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// Makes a cluster from options and a seed: nodes spread over zones, pods spread over nodes, services with cluster IPs
/// drawn from their range as an allocator would, endpoints drawn from the pods. All addresses are unique.
/// </summary>
/// <remarks>A cluster of 30,000 services and 120,000 endpoints takes well under a second.</remarks>
public static partial class ClusterGenerator
{
    private const int PodsPerNode = 30;
    private const int NodePrefixV4 = 24;
    private const int NodePrefixV6 = 64;

    // The first two addresses of a node's range are its network and its gateway, the last its broadcast address.
    private const int FirstPod = 2;
    private const int MaxPodsPerNode = 253;

    /// <summary>Makes the cluster.</summary>
    /// <exception cref="ArgumentException">
    /// A count is negative, a share is not between 0 and 1, or an address range is too small; the message says which and
    /// what would do.
    /// </exception>
    public static Cluster Generate(ClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ClusterPlan plan = ClusterPlan.Make(options, PodsPerNode, MaxPodsPerNode, NodePrefixV4, NodePrefixV6);

        ClusterNode[] nodes = MakeNodes(options, plan);
        ClusterPod[] pods = MakePods(options, plan, nodes);
        ClusterService[] services = MakeServices(options, plan, pods);
        return new Cluster(nodes, pods, services, Pick(options, options.PodRangeV4, options.PodRangeV6), Pick(options, options.ServiceRangeV4, options.ServiceRangeV6));
    }

    private static ClusterNode[] MakeNodes(ClusterOptions options, in ClusterPlan plan)
    {
        AddressRange addressesV4 = new(options.NodeRangeV4), addressesV6 = new(options.NodeRangeV6);
        AddressRange podsV4 = new(options.PodRangeV4), podsV6 = new(options.PodRangeV6);
        ClusterNode[] nodes = new ClusterNode[plan.Nodes];
        for (int i = 0; i < nodes.Length; i++)
        {
            List<IPAddress> addresses = [];
            List<IPNetwork> ranges = [];
            if (plan.HasV4)
            {
                addresses.Add(addressesV4.At((uint)i + 1));
                ranges.Add(podsV4.Subnet(NodePrefixV4, i));
            }

            if (plan.HasV6)
            {
                addresses.Add(addressesV6.At((uint)i + 1));
                ranges.Add(podsV6.Subnet(NodePrefixV6, i));
            }

            nodes[i] = new(Name("node-", i), Name("zone-", i % options.Zones), addresses, ranges);
        }

        return nodes;
    }

    /// <summary>Pod i runs on node i mod N: even spread, as the scheduler's default aims for. Order is shuffled.</summary>
    private static ClusterPod[] MakePods(ClusterOptions options, in ClusterPlan plan, ClusterNode[] nodes)
    {
        ClusterPod[] pods = new ClusterPod[plan.Backends + plan.OtherPods];
        for (int i = 0; i < pods.Length; i++)
        {
            ClusterNode node = nodes[i % nodes.Length];
            uint offset = (uint)(FirstPod + (i / nodes.Length));
            pods[i] = new(
                node,
                plan.HasV4 ? new AddressRange(node.PodRanges[0]).At(offset) : null,
                plan.HasV6 ? new AddressRange(node.PodRanges[^1]).At(offset) : null);
        }

        new SeededRandom(options.Seed, stream: 1).Shuffle(pods.AsSpan());
        return pods;
    }

    private static List<IPNetwork> Pick(ClusterOptions options, IPNetwork v4, IPNetwork v6)
    {
        List<IPNetwork> ranges = [];
        if (options.Families.HasFlag(IpFamilies.IPv4))
            ranges.Add(v4);
        if (options.Families.HasFlag(IpFamilies.IPv6))
            ranges.Add(v6);
        return ranges;
    }

    private static string Name(string prefix, int number) => prefix + number.ToString(CultureInfo.InvariantCulture);
}
