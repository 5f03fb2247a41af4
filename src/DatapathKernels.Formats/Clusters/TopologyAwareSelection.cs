using System.Net.Sockets;

namespace DatapathKernels.Formats.Clusters;

/// <summary>
/// What zones and their hints do to a service in a whole cluster: which endpoints each node uses, and how much of the traffic leaves its zone.
/// </summary>
/// <remarks>
/// The shares are of connections that start on every node alike and go to any of the node's endpoints alike, as kube-proxy draws them. A
/// connection crosses zones when both zones are known and differ; where either is not known it is counted in <see cref="UnknownZoneShare"/>.
/// </remarks>
public sealed class TopologyAwareSelection
{
    private TopologyAwareSelection(IReadOnlyList<EndpointSelection> nodes, double[] loads, double crossZone, double unknownZone)
    {
        Nodes = nodes;
        Loads = loads;
        CrossZoneShare = crossZone;
        UnknownZoneShare = unknownZone;
    }

    /// <summary>Each node's endpoints, in the order of the nodes.</summary>
    public IReadOnlyList<EndpointSelection> Nodes { get; }

    /// <summary>
    /// How many times its even share each endpoint that some node uses gets, in the order of <c>ip:port</c>: hints keep traffic close and make it
    /// uneven where clients and endpoints are not spread alike.
    /// </summary>
    public IReadOnlyList<double> Loads { get; }

    /// <summary>The share of connections that leave their zone, 0 to 1; 0 when no node has an endpoint.</summary>
    public double CrossZoneShare { get; }

    /// <summary>The share of connections of which that is not known, 0 to 1.</summary>
    public double UnknownZoneShare { get; }

    /// <summary>The most that an endpoint gets of its even share; 0 when no node has an endpoint.</summary>
    public double MostLoad => Loads.Count == 0 ? 0 : Loads.Max();

    /// <summary>Selects for every node of a cluster.</summary>
    /// <param name="port">The service's port, with the hints of its endpoints or without.</param>
    /// <param name="distribution">The service's traffic distribution, as hints over those of the endpoints (<see cref="TopologyHints.Apply"/>).</param>
    /// <param name="nodes">The nodes, with their zones.</param>
    /// <param name="family">The family of the endpoints.</param>
    public static TopologyAwareSelection Select(
        ServicePort port, TrafficDistribution distribution, IReadOnlyList<ClusterNode> nodes, AddressFamily family = AddressFamily.InterNetwork) =>
        Select(TopologyHints.Apply(port, distribution), nodes, family);

    /// <summary>Selects for every node of a cluster by the hints that the endpoints have.</summary>
    /// <param name="port">The service's port.</param>
    /// <param name="nodes">The nodes, with their zones.</param>
    /// <param name="family">The family of the endpoints.</param>
    public static TopologyAwareSelection Select(ServicePort port, IReadOnlyList<ClusterNode> nodes, AddressFamily family = AddressFamily.InterNetwork)
    {
        ArgumentNullException.ThrowIfNull(port);
        ArgumentNullException.ThrowIfNull(nodes);
        EndpointSelection[] selections = [.. nodes.Select(node => EndpointSelection.Select(port, family, node.Name, node.Zone))];
        SortedDictionary<string, double> loads = new(StringComparer.Ordinal);
        double crossing = 0, unknown = 0;
        int senders = selections.Count(selection => selection.Cluster.Count > 0);
        for (int i = 0; i < selections.Length; i++)
        {
            foreach (ServiceEndpoint endpoint in selections[i].Cluster)
            {
                double share = 1.0 / (senders * selections[i].Cluster.Count);
                string text = EndpointSelection.Text(endpoint);
                loads[text] = loads.GetValueOrDefault(text) + share;
                if (endpoint.Zone.Length == 0 || nodes[i].Zone.Length == 0)
                    unknown += share;
                else if (endpoint.Zone != nodes[i].Zone)
                    crossing += share;
            }
        }

        return new(selections, [.. loads.Values.Select(load => load * loads.Count)], crossing, unknown);
    }
}
