using System.Net;

namespace DatapathKernels.Formats.Clusters;

/// <summary>What cluster to generate. Two equal options give two equal clusters, on every machine and runtime.</summary>
public sealed record ClusterOptions
{
    /// <summary>Number of services, 0 or more.</summary>
    public int Services { get; init; } = 1000;

    /// <summary>Endpoints of each service; ignored by <see cref="EndpointMix.Realistic"/>.</summary>
    public int EndpointsPerService { get; init; } = 4;

    /// <summary>Whether all services have the same number of endpoints.</summary>
    public EndpointMix EndpointMix { get; init; }

    /// <summary>Ports of each service. All of its pods serve all of its ports.</summary>
    public int PortsPerService { get; init; } = 1;

    /// <summary>Share of service ports that are UDP, 0 to 1; the others are TCP.</summary>
    public double UdpShare { get; init; } = 0.1;

    /// <summary>Share of services with session affinity by client address, 0 to 1.</summary>
    public double AffinityShare { get; init; }

    /// <summary>Share of endpoints that are not ready, 0 to 1.</summary>
    public double NotReadyShare { get; init; }

    /// <summary>Share of endpoints that are terminating but still serving, 0 to 1.</summary>
    public double TerminatingShare { get; init; }

    /// <summary>Share of services whose endpoints are all gone, 0 to 1; the pods stay, behind nothing.</summary>
    public double NoEndpointsShare { get; init; }

    /// <summary>Share of services with a node port for each of their ports, 0 to 1. A cluster has 2,768 node ports, from 30000 on.</summary>
    public double NodePortShare { get; init; }

    /// <summary>Share of services with a load balancer's address (of 198.18.0.0/16, 2001:db8:18::/64), 0 to 1; node ports come by <see cref="NodePortShare"/> alone.</summary>
    public double LoadBalancerShare { get; init; }

    /// <summary>Share of those that let clients of two ranges only come through the load balancer, 0 to 1.</summary>
    public double SourceRangesShare { get; init; }

    /// <summary>Share of services with an external IP (of 198.19.0.0/16, 2001:db8:19::/64), 0 to 1.</summary>
    public double ExternalIPShare { get; init; }

    /// <summary>Share of services reachable from outside whose traffic from there stays on its node (externalTrafficPolicy: Local), 0 to 1.</summary>
    public double ExternalTrafficLocalShare { get; init; }

    /// <summary>Share of services whose traffic from inside stays on its node (internalTrafficPolicy: Local), 0 to 1.</summary>
    public double InternalTrafficLocalShare { get; init; }

    /// <summary>Pods behind no service; null is as many as there are behind services, and at least 100.</summary>
    public int? OtherPods { get; init; }

    /// <summary>Number of nodes; null is one for every 30 pods, as in Kubernetes' load test, while their range lasts.</summary>
    public int? Nodes { get; init; }

    /// <summary>Number of zones the nodes are spread over, at least 1.</summary>
    public int Zones { get; init; } = 3;

    /// <summary>Address families.</summary>
    public IpFamilies Families { get; init; } = IpFamilies.IPv4;

    /// <summary>Everything random comes from this number.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>IPv4 cluster IPs come from here; kubeadm's default.</summary>
    public IPNetwork ServiceRangeV4 { get; init; } = IPNetwork.Parse("10.96.0.0/12");

    /// <summary>IPv4 pod addresses come from here, a /24 for each node.</summary>
    public IPNetwork PodRangeV4 { get; init; } = IPNetwork.Parse("10.128.0.0/9");

    /// <summary>IPv4 node addresses come from here.</summary>
    public IPNetwork NodeRangeV4 { get; init; } = IPNetwork.Parse("172.16.0.0/12");

    /// <summary>IPv6 cluster IPs come from here; Kubernetes allows no range larger than a /108.</summary>
    public IPNetwork ServiceRangeV6 { get; init; } = IPNetwork.Parse("fd00:10:96::/108");

    /// <summary>IPv6 pod addresses come from here, a /64 for each node.</summary>
    public IPNetwork PodRangeV6 { get; init; } = IPNetwork.Parse("fd00:10:128::/48");

    /// <summary>IPv6 node addresses come from here.</summary>
    public IPNetwork NodeRangeV6 { get; init; } = IPNetwork.Parse("fd00:172:16::/64");
}
