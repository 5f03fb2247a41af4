using System.Net;
using DatapathKernels.Formats.Clusters;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>At which address of a service somebody asks.</summary>
internal enum FrontendKind
{
    ClusterIP,
    ExternalIP,
    LoadBalancerIP,
    NodePort,
}

/// <summary>Who asks a service where, and what follows from the services themselves.</summary>
/// <param name="Service">The service.</param>
/// <param name="Port">Its port.</param>
/// <param name="Kind">The kind of address.</param>
/// <param name="Frontend">The address and port asked.</param>
/// <param name="At">The node that translates it.</param>
/// <param name="Client">The client's address.</param>
/// <param name="ClientNode">The node of a pod; null for a client outside the cluster.</param>
internal sealed record ServiceQuestion(ClusterService Service, ServicePort Port, FrontendKind Kind, IPEndPoint Frontend, ClusterNode At, IPAddress Client, ClusterNode? ClientNode)
{
    private EndpointSelection Selection { get; } = EndpointSelection.Select(Port, Frontend.AddressFamily, At.Name, At.Zone);

    public bool IsFromWorld => ClientNode is null;

    /// <summary>A pod that asks another node's node port.</summary>
    public bool IsElsewhere => ClientNode is { } node && node.Name != At.Name;

    /// <summary>An address of a service whose external policy is Local.</summary>
    public bool IsExternalLocal => Kind != FrontendKind.ClusterIP && Service.ExternalTrafficLocal;

    /// <summary>A policy that keeps some clients on the node.</summary>
    public bool IsLocal => Kind == FrontendKind.ClusterIP ? Service.InternalTrafficLocal : Service.ExternalTrafficLocal;

    /// <summary>The service has addresses outside the cluster too.</summary>
    public bool IsServiceExternal => Port.NodePort != 0 || Service.ExternalIPs.Count > 0 || Service.LoadBalancerIPs.Count > 0;

    public string[] Local => [.. Selection.Local.Select(EndpointSelection.Text)];

    public string[] Anywhere => [.. Selection.Cluster.Select(EndpointSelection.Text)];

    /// <summary>Where kube-proxy's iptables mode sends it.</summary>
    public string[] Backends => Kind == FrontendKind.ClusterIP
        ? Service.InternalTrafficLocal ? Local : Anywhere
        : IsExternalLocal && IsFromWorld ? Local : Anywhere;

    /// <summary>The load balancer's source ranges keep the client out.</summary>
    public bool IsRefusedBySource => Kind == FrontendKind.LoadBalancerIP && Service.LoadBalancerSourceRanges.Any(range => range.BaseAddress.AddressFamily == Client.AddressFamily)
        && !Service.LoadBalancerSourceRanges.Any(range => range.Contains(Client));

    public bool HasEndpoints => Selection.Any;

    public bool IsOnNode(string endpoint) => Port.Endpoints.Any(e => EndpointSelection.Text(e) == endpoint && e.Node == At.Name);

    public override string ToString() =>
        $"{(IsFromWorld ? "world" : $"pod of {ClientNode!.Name}")} {Client} asks {Kind} {Frontend} {Port.Protocol} at {At.Name}; internal local {Service.InternalTrafficLocal}, external local {Service.ExternalTrafficLocal}, ranges {string.Join(' ', Service.LoadBalancerSourceRanges)}; backends {string.Join(' ', Backends)}; local {string.Join(' ', Local)}; anywhere {string.Join(' ', Anywhere)}";
}
