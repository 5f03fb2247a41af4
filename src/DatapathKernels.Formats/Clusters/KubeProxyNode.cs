using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace DatapathKernels.Formats.Clusters;

/// <summary>What kube-proxy finds out about its node and about the services of one family, whatever mode it runs in.</summary>
internal sealed class KubeProxyNode
{
    private readonly Cluster _cluster;
    private readonly KubeProxyOptions _options;
    private readonly string _zone;

    public KubeProxyNode(Cluster cluster, KubeProxyOptions options)
    {
        if (options.Family is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
            throw new ArgumentOutOfRangeException(nameof(options), options.Family, "InterNetwork or InterNetworkV6");
        _cluster = cluster;
        _options = options;
        IsV6 = options.Family == AddressFamily.InterNetworkV6;
        Name = options.NodeName ?? (cluster.Nodes.Count > 0 ? cluster.Nodes[0].Name : "");
        ClusterNode? node = NodeOf(cluster, Name);
        _zone = node?.Zone ?? "";
        Local = options switch
        {
            { DetectLocalTraffic: false } => default,
            { LocalInterface: { } name } => new(null, name),
            _ => new((options.PodRange ?? cluster.PodRange(options.Family))?.ToString(), null),
        };
        MasqueradeMark = options.MasqueradeBit is >= 0 and <= 31
            ? new(options.MasqueradeBit)
            : throw new ArgumentOutOfRangeException(nameof(options), options.MasqueradeBit, "a bit of the packet mark, 0 to 31");
        Address = options.NodeIP ?? AddressOf(node, options.Family);
        InterfaceAddresses = options.InterfaceAddresses ?? [IPAddress.Loopback, IPAddress.IPv6Loopback, .. node?.Addresses ?? []];
    }

    public bool IsV6 { get; }

    /// <summary>The node's name; empty in a cluster without nodes.</summary>
    public string Name { get; }

    /// <summary>How traffic of local pods is told apart.</summary>
    public LocalTraffic Local { get; }

    /// <summary>What marks packets to be masqueraded.</summary>
    public MasqueradeMark MasqueradeMark { get; }

    /// <summary>The node's primary address of the family.</summary>
    public IPAddress? Address { get; }

    /// <summary>The addresses of every interface, of both families, loopback included.</summary>
    public IReadOnlyList<IPAddress> InterfaceAddresses { get; }

    /// <summary>The ports of every service that has a cluster IP of this family, in the order of the options.</summary>
    public List<KubeServicePort> ServicePorts()
    {
        List<KubeServicePort> ports = [];
        foreach (ClusterService service in _cluster.Services)
        {
            IPAddress? clusterIP = service.ClusterIP(_options.Family);
            for (int i = 0; i < service.Ports.Count && clusterIP is not null; i++)
                ports.Add(new(service, service.Ports[i], clusterIP, EndpointSelection.Select(service.Ports[i], _options.Family, Name, _zone)));
        }

        if (_options.Order == RulesetOrder.Sorted)
            ports.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        else if (_options.Order == RulesetOrder.Random)
            new SeededRandom(_options.OrderSeed, stream: 3).Shuffle(CollectionsMarshal.AsSpan(ports));
        return ports;
    }

    private static ClusterNode? NodeOf(Cluster cluster, string name)
    {
        foreach (ClusterNode node in cluster.Nodes)
        {
            if (node.Name == name)
                return node;
        }

        return null;
    }

    private static IPAddress? AddressOf(ClusterNode? node, AddressFamily family)
    {
        foreach (IPAddress address in node?.Addresses ?? [])
        {
            if (address.AddressFamily == family)
                return address;
        }

        return null;
    }
}
