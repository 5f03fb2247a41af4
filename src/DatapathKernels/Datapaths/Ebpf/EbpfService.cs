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
    /// Clients of it may be outside the cluster (node port, external address, load balancer): what goes to a backend elsewhere then goes in
    /// the node's name, so that the answer comes back here.
    /// </summary>
    public bool IsExternal { get; init; }

    /// <summary>Seconds a client stays with its backend (<c>sessionAffinity: ClientIP</c>); 0 for none.</summary>
    public uint AffinitySeconds { get; init; }

    /// <summary>Whom it is for (<c>loadBalancerSourceRanges</c>); empty for everybody.</summary>
    public IReadOnlyList<IPNetwork> SourceRanges { get; init; } = [];
}
