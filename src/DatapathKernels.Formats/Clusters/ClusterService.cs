using System.Net;
using System.Net.Sockets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>A Kubernetes service of type ClusterIP.</summary>
public sealed record ClusterService
{
    /// <summary>Namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name, unique within the namespace.</summary>
    public required string Name { get; init; }

    /// <summary>One cluster IP, or one of each family; empty for a headless service, which no proxy programs.</summary>
    public required IReadOnlyList<IPAddress> ClusterIPs { get; init; }

    /// <summary>The service's ports.</summary>
    public required IReadOnlyList<ServicePort> Ports { get; init; }

    /// <summary>Session affinity by client address lasts this many seconds; 0 is none. Kubernetes' default is 10,800.</summary>
    public int ClientAffinitySeconds { get; init; }

    /// <summary>Clients inside the cluster reach endpoints on their own node only (internalTrafficPolicy: Local).</summary>
    public bool InternalTrafficLocal { get; init; }

    /// <summary>The cluster IP of a family, or null.</summary>
    public IPAddress? ClusterIP(AddressFamily family)
    {
        foreach (IPAddress address in ClusterIPs)
        {
            if (address.AddressFamily == family)
                return address;
        }

        return null;
    }

    /// <summary>
    /// The name kube-proxy gives a port: <c>namespace/name:port</c>, or <c>namespace/name</c> for a port without name.
    /// </summary>
    public string PortName(ServicePort port) => port.Name.Length == 0 ? $"{Namespace}/{Name}" : $"{Namespace}/{Name}:{port.Name}";
}
