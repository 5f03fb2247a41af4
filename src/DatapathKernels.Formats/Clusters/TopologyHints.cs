namespace DatapathKernels.Formats.Clusters;

/// <summary>The hints that the EndpointSlice controller writes for a service's traffic distribution.</summary>
/// <remarks>Source: kubernetes staging/src/k8s.io/endpointslice/trafficdist, and KEP-3015.</remarks>
public static class TopologyHints
{
    /// <summary>
    /// The port with hints on its ready endpoints: each for its own zone, and with <see cref="TrafficDistribution.PreferSameNode"/> for its own node.
    /// An endpoint whose zone or node is not known gets no such hint; one that is not ready keeps what it has.
    /// </summary>
    /// <param name="port">The port.</param>
    /// <param name="distribution">The service's; with <see cref="TrafficDistribution.Default"/> the port stays as it is.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such distribution.</exception>
    public static ServicePort Apply(ServicePort port, TrafficDistribution distribution)
    {
        ArgumentNullException.ThrowIfNull(port);
        if (!Enum.IsDefined(distribution))
            throw new ArgumentOutOfRangeException(nameof(distribution), distribution, "expected one of spec.trafficDistribution's values");
        bool node = distribution == TrafficDistribution.PreferSameNode;
        return distribution == TrafficDistribution.Default ? port : port with { Endpoints = [.. port.Endpoints.Select(e => e.Ready ? Hinted(e, node) : e)] };
    }

    private static ServiceEndpoint Hinted(ServiceEndpoint endpoint, bool node) => endpoint with
    {
        ZoneHints = endpoint.Zone.Length > 0 ? [endpoint.Zone] : [],
        NodeHints = node && endpoint.Node.Length > 0 ? [endpoint.Node] : [],
    };
}
