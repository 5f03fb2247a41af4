using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using DatapathKernels.Packets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// A cluster as its service proxies see it: nodes, pods, and services with their endpoints. Everything that is measured
/// is built from one of these, so that all datapaths serve the same services.
/// </summary>
public sealed class Cluster
{
    /// <summary>Puts a cluster together; <see cref="ClusterGenerator"/> makes one from a seed.</summary>
    public Cluster(
        IReadOnlyList<ClusterNode> nodes,
        IReadOnlyList<ClusterPod> pods,
        IReadOnlyList<ClusterService> services,
        IReadOnlyList<IPNetwork> podRanges,
        IReadOnlyList<IPNetwork> serviceRanges)
    {
        Nodes = nodes;
        Pods = pods;
        Services = services;
        PodRanges = podRanges;
        ServiceRanges = serviceRanges;
    }

    /// <summary>The nodes.</summary>
    public IReadOnlyList<ClusterNode> Nodes { get; }

    /// <summary>All pods, those behind services and those behind none.</summary>
    public IReadOnlyList<ClusterPod> Pods { get; }

    /// <summary>The services.</summary>
    public IReadOnlyList<ClusterService> Services { get; }

    /// <summary>The range of each family that pod addresses come from (kube-proxy's cluster CIDR).</summary>
    public IReadOnlyList<IPNetwork> PodRanges { get; }

    /// <summary>The range of each family that cluster IPs come from.</summary>
    public IReadOnlyList<IPNetwork> ServiceRanges { get; }

    /// <summary>The pod range of a family, or null.</summary>
    public IPNetwork? PodRange(AddressFamily family)
    {
        foreach (IPNetwork range in PodRanges)
        {
            if (range.BaseAddress.AddressFamily == family)
                return range;
        }

        return null;
    }

    /// <summary>
    /// The keys of all service ports that have an IPv4 cluster IP, in the order of <see cref="Services"/> and their ports:
    /// what a map from service to backends is keyed by. A generated cluster has no two equal keys.
    /// </summary>
    public ServiceKeyV4[] ServiceKeysV4()
    {
        List<ServiceKeyV4> keys = [];
        Span<byte> bytes = stackalloc byte[4];
        foreach (ClusterService service in Services)
        {
            if (service.ClusterIP(AddressFamily.InterNetwork) is not { } address)
                continue;
            address.TryWriteBytes(bytes, out _);
            foreach (ServicePort port in service.Ports)
                keys.Add(new(MemoryMarshal.Read<uint>(bytes), ToBe(port.Port), port.Protocol));
        }

        return [.. keys];
    }

    /// <summary>The same for the service ports that have an IPv6 cluster IP.</summary>
    public ServiceKeyV6[] ServiceKeysV6()
    {
        List<ServiceKeyV6> keys = [];
        Span<byte> bytes = stackalloc byte[16];
        foreach (ClusterService service in Services)
        {
            if (service.ClusterIP(AddressFamily.InterNetworkV6) is not { } address)
                continue;
            address.TryWriteBytes(bytes, out _);
            foreach (ServicePort port in service.Ports)
                keys.Add(new(new IPv6Address(bytes), ToBe(port.Port), port.Protocol));
        }

        return [.. keys];
    }

    private static ushort ToBe(ushort port) => (ushort)IPAddress.HostToNetworkOrder((short)port);
}
