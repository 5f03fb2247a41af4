using System.Net;
using System.Net.Sockets;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Kubernetes.NetworkPolicies;

namespace DatapathKernels.Formats.Kubernetes;

/// <summary>Adds to a cluster what a node needs and manifests left open, and says so.</summary>
internal sealed class ClusterCompletion(ManifestNotes notes)
{
    private const string MadeUpNode = "node";

    // The first addresses of 198.18.0.0/15 (RFC 2544) and 2001:2::/48 (RFC 5180).
    private static readonly byte[] FirstV4 = [198, 18, 0, 0], FirstV6 = [0x20, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    public Cluster Complete(Cluster read, PolicyModel policies)
    {
        bool isNodeMade = read.Nodes.Count == 0;
        ClusterService[] services = isNodeMade ? [.. read.Services.Select(OnMadeUpNode)] : [.. read.Services];
        if (isNodeMade)
            notes.Add("no node named: one stands for all, with every endpoint on it", 0);
        ClusterNode[] nodes = WithAddresses(isNodeMade ? [new ClusterNode(MadeUpNode, "", [], [])] : Distinct(read.Nodes), FamiliesOf(services));
        return new Cluster(nodes, PodsOf(services, policies, nodes, isNodeMade), services, read.PodRanges, read.ServiceRanges);
    }

    private static ClusterService OnMadeUpNode(ClusterService service) => service with
    {
        Ports = [.. service.Ports.Select(port => port with { Endpoints = [.. port.Endpoints.Select(endpoint => endpoint with { Node = MadeUpNode })] })],
    };

    private ClusterNode[] Distinct(IReadOnlyList<ClusterNode> nodes)
    {
        ClusterNode[] distinct = [.. nodes.DistinctBy(node => node.Name)];
        for (int i = distinct.Length; i < nodes.Count; i++)
            notes.Add("Node named twice: the first one counts", 0);
        return distinct;
    }

    private static AddressFamily[] FamiliesOf(ClusterService[] services)
    {
        AddressFamily[] families = [.. services.SelectMany(service => service.ClusterIPs).Select(address => address.AddressFamily).Distinct().Order()];
        return families.Length > 0 ? families : [AddressFamily.InterNetwork];
    }

    private ClusterNode[] WithAddresses(ClusterNode[] nodes, AddressFamily[] families)
    {
        for (int i = 0; i < nodes.Length; i++)
        {
            if (nodes[i].Addresses.Count > 0)
                continue;
            int number = i + 1;
            nodes[i] = nodes[i] with { Addresses = [.. families.Select(family => Numbered(family == AddressFamily.InterNetwork ? FirstV4 : FirstV6, number))] };
            notes.Add("node without an address: given one of the ranges for benchmarks", 0);
        }

        return nodes;
    }

    private static IPAddress Numbered(byte[] first, int number)
    {
        byte[] bytes = [.. first];
        (bytes[^3], bytes[^2], bytes[^1]) = ((byte)(bytes[^3] + (number >> 16)), (byte)(number >> 8), (byte)number);
        return new IPAddress(bytes);
    }

    /// <summary>A pod for every address that endpoints and policies name, but not for those of nodes: these are the node itself.</summary>
    private ClusterPod[] PodsOf(ClusterService[] services, PolicyModel policies, ClusterNode[] nodes, bool isNodeMade)
    {
        Dictionary<string, ClusterNode> byName = nodes.ToDictionary(node => node.Name);
        HashSet<IPAddress> taken = [.. nodes.SelectMany(node => node.Addresses)];
        ClusterNode nowhere = isNodeMade ? nodes[0] : new("", "", [], []);
        List<ClusterPod> pods = [];
        IEnumerable<(IPAddress, string)> all = policies.Pods.SelectMany(pod => pod.Addresses.Select(address => (address, pod.Node)))
            .Concat(services.SelectMany(service => service.Ports).SelectMany(port => port.Endpoints).Select(endpoint => (endpoint.Address, endpoint.Node)));
        foreach ((IPAddress address, string name) in all)
        {
            if (!taken.Add(address))
                continue;
            ClusterNode node = byName.GetValueOrDefault(name, nowhere);
            if (node.Name.Length == 0)
                notes.Add("address of a pod on no known node: reached by the default route", 0);
            pods.Add(address.AddressFamily == AddressFamily.InterNetwork ? new ClusterPod(node, address, null) : new ClusterPod(node, null, address));
        }

        return [.. pods];
    }
}
