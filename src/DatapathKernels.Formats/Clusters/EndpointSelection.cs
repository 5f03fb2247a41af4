using System.Net;
using System.Net.Sockets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// Which endpoints of a service port a proxy on one node uses. The same rules hold in every mode of kube-proxy.
/// </summary>
/// <remarks>Source: kubernetes pkg/proxy/topology.go, CategorizeEndpoints.</remarks>
public sealed class EndpointSelection
{
    private EndpointSelection(IReadOnlyList<ServiceEndpoint> cluster, IReadOnlyList<ServiceEndpoint> local, bool any, TopologyMode mode, TopologyFallback fallback)
    {
        Topology = mode;
        Fallback = fallback;
        Cluster = cluster;
        Local = local;
        Any = any;
    }

    /// <summary>
    /// For traffic that may go anywhere: the ready endpoints, only those hinted for the node, or else for its zone, when every one has a
    /// hint of that kind and some fit; when none is ready, the serving ones that are terminating, whatever their hints.
    /// </summary>
    public IReadOnlyList<ServiceEndpoint> Cluster { get; }

    /// <summary>For traffic that must stay on the node: the same among the node's own, without zones.</summary>
    public IReadOnlyList<ServiceEndpoint> Local { get; }

    /// <summary>How far <see cref="Cluster"/> was narrowed by hints.</summary>
    public TopologyMode Topology { get; }

    /// <summary>Why it was not; <see cref="TopologyFallback.None"/> when it was.</summary>
    public TopologyFallback Fallback { get; }

    /// <summary>False when no endpoint anywhere is usable: connections are refused rather than dropped.</summary>
    public bool Any { get; }

    /// <summary>
    /// Selects among the endpoints of one family. Endpoints of one address and port are one endpoint; the lists are in
    /// the order of <c>ip:port</c> as text, as kube-proxy writes them.
    /// </summary>
    public static EndpointSelection Select(ServicePort port, AddressFamily family, string node, string zone)
    {
        List<ServiceEndpoint> endpoints = Distinct(port, family);
        List<ServiceEndpoint> ready = endpoints.FindAll(e => e.Ready);
        List<ServiceEndpoint> draining = endpoints.FindAll(e => !e.Ready && e.Serving && e.Terminating);

        (TopologyMode mode, TopologyFallback fallback) = TopologyOf(ready, node, zone);
        List<ServiceEndpoint> cluster = ready.Count == 0 ? draining : mode switch
        {
            TopologyMode.SameNode => ready.FindAll(e => e.NodeHints.Contains(node)),
            TopologyMode.SameZone => ready.FindAll(e => e.ZoneHints.Contains(zone)),
            _ => ready,
        };
        List<ServiceEndpoint> local = ready.FindAll(e => IsOn(e, node));
        if (local.Count == 0)
            local = draining.FindAll(e => IsOn(e, node));
        return new(cluster, local, ready.Count + draining.Count > 0, mode, fallback);
    }

    /// <summary><c>ip:port</c>, an IPv6 address in brackets.</summary>
    public static string Text(ServiceEndpoint endpoint) => new IPEndPoint(endpoint.Address, endpoint.Port).ToString();

    private static bool IsOn(ServiceEndpoint endpoint, string node) => node.Length > 0 && endpoint.Node == node;

    private static List<ServiceEndpoint> Distinct(ServicePort port, AddressFamily family)
    {
        SortedDictionary<string, ServiceEndpoint> byText = new(StringComparer.Ordinal);
        foreach (ServiceEndpoint endpoint in port.Endpoints)
        {
            if (endpoint.Address.AddressFamily != family)
                continue;
            string text = Text(endpoint);
            if (!byText.TryGetValue(text, out ServiceEndpoint? known) || (!known.Ready && endpoint.Ready))
                byText[text] = endpoint;
        }

        return [.. byText.Values];
    }

    private static (TopologyMode Mode, TopologyFallback Fallback) TopologyOf(List<ServiceEndpoint> ready, string node, string zone)
    {
        if (ready.Count == 0)
            return (TopologyMode.Anywhere, TopologyFallback.NoneReady);
        if (node.Length > 0 && ready.TrueForAll(e => e.NodeHints.Count > 0) && ready.Exists(e => e.NodeHints.Contains(node)))
            return (TopologyMode.SameNode, TopologyFallback.None);
        if (ready.Exists(e => e.ZoneHints.Count == 0))
            return (TopologyMode.Anywhere, TopologyFallback.HintMissing);
        if (zone.Length == 0)
            return (TopologyMode.Anywhere, TopologyFallback.ZoneUnknown);
        return ready.Exists(e => e.ZoneHints.Contains(zone)) ? (TopologyMode.SameZone, TopologyFallback.None) : (TopologyMode.Anywhere, TopologyFallback.NoneForZone);
    }
}
