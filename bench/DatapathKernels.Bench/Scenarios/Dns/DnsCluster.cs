using System.Net;
using System.Net.Sockets;
using System.Text;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Packets;

namespace DatapathKernels.Bench.Scenarios.Dns;

/// <summary>A cluster with CoreDNS on two of its nodes, and the first of its nodes with or without a DNS cache.</summary>
internal static class DnsCluster
{
    /// <summary>DNS's port.</summary>
    public const ushort Port = 53;

    private const int Nodes = 4;

    /// <summary>The Service <c>kube-dns</c>.</summary>
    public static IPAddress ServiceAddress { get; } = IPAddress.Parse("10.96.0.10");

    /// <summary>The Service by which a cache reaches CoreDNS: its own address is the cache's now.</summary>
    public static IPAddress UpstreamAddress { get; } = IPAddress.Parse("10.96.0.11");

    /// <summary>The cache's own address.</summary>
    public static IPAddress CacheAddress { get; } = IPAddress.Parse("169.254.20.10");

    /// <summary>Makes the cluster.</summary>
    /// <param name="services">Other Services, which every first packet has to get past.</param>
    /// <param name="seed">Where their addresses are drawn from.</param>
    public static Cluster Make(int services, int seed)
    {
        Cluster cluster = ClusterGenerator.Generate(new ClusterOptions { Services = services, Nodes = Math.Max(Nodes, services / 20), Seed = (ulong)seed });
        ServiceEndpoint[] servers = [.. Enumerable.Range(1, 2).Select(node => EndpointOn(cluster, cluster.Nodes[node]))];
        ClusterService[] own = [Service("kube-dns", ServiceAddress, servers), Service("kube-dns-upstream", UpstreamAddress, servers)];
        IEnumerable<ClusterService> others = cluster.Services.Where(service => !service.ClusterIPs.Contains(ServiceAddress) && !service.ClusterIPs.Contains(UpstreamAddress));
        return new Cluster(cluster.Nodes, cluster.Pods, [.. others, .. own], cluster.PodRanges, cluster.ServiceRanges);
    }

    /// <summary>How the first node is built.</summary>
    public static NodeOptions NodeOf(CachePlan cache, DatapathMode mode, int seed) => new()
    {
        Mode = mode,
        Seed = (uint)seed,
        LocalAddresses = cache == CachePlan.None ? [] : cache == CachePlan.Tracked ? [CacheAddress] : [CacheAddress, ServiceAddress],
        LocalRules = cache is CachePlan.Hits or CachePlan.Misses ? CacheRules() : null,
    };

    /// <summary>The address that pods ask.</summary>
    public static IPAddress AskedAddress(CachePlan cache) => cache == CachePlan.Tracked ? CacheAddress : ServiceAddress;

    /// <summary>
    /// The rules of the cache: what goes to it and what comes from it is not tracked, and therefore not translated either.
    /// </summary>
    /// <remarks>Source: kubernetes/dns, cmd/node-cache; its health check is left out.</remarks>
    public static Ruleset CacheRules()
    {
        StringBuilder raw = new("*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n");
        StringBuilder filter = new("*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n");
        foreach (IPAddress address in new[] { CacheAddress, ServiceAddress })
        {
            foreach (string protocol in new[] { "tcp", "udp" })
            {
                string to = $"-d {address}/32 -p {protocol} -m {protocol} --dport {Port}", from = $"-s {address}/32 -p {protocol} -m {protocol} --sport {Port}";
                raw.Append($"-A PREROUTING {to} -j NOTRACK\n-A OUTPUT {from} -j NOTRACK\n-A OUTPUT {to} -j NOTRACK\n");
                filter.Append($"-A INPUT {to} -j ACCEPT\n-A OUTPUT {from} -j ACCEPT\n");
            }
        }

        return IptablesSaveParser.Parse(Encoding.UTF8.GetBytes($"{raw}COMMIT\n{filter}COMMIT\n"), null, out _);
    }

    private static ServiceEndpoint EndpointOn(Cluster cluster, ClusterNode node) => new()
    {
        Address = cluster.Pods.First(pod => pod.Node == node).IPv4 ?? throw new InvalidOperationException("the cluster was expected to have IPv4"),
        Port = Port,
        Node = node.Name,
        Zone = node.Zone,
    };

    private static ClusterService Service(string name, IPAddress address, IReadOnlyList<ServiceEndpoint> servers) => new()
    {
        Namespace = "kube-system",
        Name = name,
        ClusterIPs = [address],
        Ports =
        [
            new ServicePort { Name = "dns", Protocol = IpProtocol.Udp, Port = Port, Endpoints = servers },
            new ServicePort { Name = "dns-tcp", Protocol = IpProtocol.Tcp, Port = Port, Endpoints = servers },
        ],
    };
}
