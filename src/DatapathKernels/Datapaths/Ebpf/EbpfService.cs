using System.Net;
using DatapathKernels.Packets;

namespace DatapathKernels.Datapaths;

/// <summary>One frontend of a service, and who is behind it.</summary>
/// <param name="Address">Its address: a ClusterIP, an external or load balancer address, or the node's for a node port.</param>
/// <param name="Port">Its port.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="Backends">Who may take a new connection, in this node's eyes: topology and traffic policy are the caller's.</param>
public sealed record EbpfService(IPAddress Address, ushort Port, IpProtocol Protocol, IReadOnlyList<IPEndPoint> Backends)
{
    /// <summary>
    /// Clients of it may be outside the cluster (node port, external address, load balancer): what one of them sends to a backend elsewhere goes in
    /// the node's name, so that the answer comes back here.
    /// </summary>
    public bool IsExternal { get; init; }

    /// <summary>True for a ClusterIP: packets to it that come from outside the node are dropped (<c>bpf-lb-external-clusterip</c> is off).</summary>
    public bool IsClusterIP { get; init; }

    /// <summary>
    /// Who may take a new connection of the node's pods and of the node itself, where that differs: all of them with <c>externalTrafficPolicy: Local</c>
    /// (Cilium's internal scope). Null where it does not.
    /// </summary>
    public IReadOnlyList<IPEndPoint>? InsideBackends { get; init; }

    /// <summary>Seconds a client stays with its backend (<c>sessionAffinity: ClientIP</c>); 0 for none.</summary>
    public uint AffinitySeconds { get; init; }

    /// <summary>Whom it is for (<c>loadBalancerSourceRanges</c>); empty for everybody.</summary>
    public IReadOnlyList<IPNetwork> SourceRanges { get; init; } = [];
}
