using System.Net;
using DatapathKernels.Formats.Clusters;

namespace DatapathKernels.Bench.Scenarios.Zones;

/// <summary>A cluster of some zones and a Service in it.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="NodesByZone">Nodes of each zone; each sends the same.</param>
/// <param name="EndpointsByZone">Endpoints of each zone, dealt to its nodes in turn.</param>
/// <param name="Fault">What is wrong.</param>
internal sealed record ZoneCase(string Name, IReadOnlyList<int> NodesByZone, IReadOnlyList<int> EndpointsByZone, ZoneFault Fault = ZoneFault.None)
{
    /// <summary>What each node uses, and how much leaves its zone.</summary>
    /// <param name="distribution">The Service's traffic distribution.</param>
    public TopologyAwareSelection Select(TrafficDistribution distribution) => TopologyAwareSelection.Select(Port(), distribution, Nodes());

    /// <summary>The same with the hints of <c>topology-mode: Auto</c>, on nodes of as many CPUs each.</summary>
    /// <param name="refusal">Why there are none.</param>
    public TopologyAwareSelection SelectAuto(out AutoHintsRefusal refusal)
    {
        List<ClusterNode> nodes = Nodes();
        return TopologyAwareSelection.Select(AutoTopologyHints.Apply(Port(), [.. nodes.Select(node => (node.Zone, 1.0))], out refusal), nodes);
    }

    private List<ClusterNode> Nodes()
    {
        List<ClusterNode> nodes = [];
        for (int zone = 0; zone < NodesByZone.Count; zone++)
        {
            for (int i = 0; i < NodesByZone[zone]; i++)
                nodes.Add(new ClusterNode(NodeName(zone, i), Fault == ZoneFault.NodeZoneUnknown && nodes.Count == 0 ? "" : ZoneName(zone), [], []));
        }

        return nodes;
    }

    private ServicePort Port()
    {
        List<ServiceEndpoint> endpoints = [];
        for (int zone = 0; zone < EndpointsByZone.Count; zone++)
        {
            for (int i = 0; i < EndpointsByZone[zone]; i++)
            {
                endpoints.Add(new ServiceEndpoint
                {
                    Address = new IPAddress([10, 128, (byte)zone, (byte)(i + 1)]),
                    Port = 8080,
                    Node = NodeName(zone, i % NodesByZone[zone]),
                    Zone = Fault == ZoneFault.EndpointZoneUnknown && endpoints.Count == 0 ? "" : ZoneName(zone),
                    Ready = Fault != ZoneFault.NoneReady,
                    Terminating = Fault == ZoneFault.NoneReady,
                });
            }
        }

        return new ServicePort { Port = 80, Endpoints = endpoints };
    }

    private static string ZoneName(int zone) => $"zone-{(char)('a' + zone)}";

    private static string NodeName(int zone, int number) => $"node-{(char)('a' + zone)}{number}";
}
