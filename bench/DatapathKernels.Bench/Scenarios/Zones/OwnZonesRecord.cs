using System.Net.Sockets;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.Zones;

/// <summary>What hints do to the reader's own Services: as their slices have them, and as each kind of hints would.</summary>
internal static class OwnZonesRecord
{
    private static readonly (string Name, Func<ServicePort, IReadOnlyList<ClusterNode>, ServicePort> Hint)[] s_hints =
    [
        ("no hints", (port, _) => port with { Endpoints = [.. port.Endpoints.Select(e => e with { ZoneHints = [], NodeHints = [] })] }),
        ("as the slices have them", (port, _) => port),
        (nameof(TrafficDistribution.PreferClose), (port, _) => TopologyHints.Apply(port, TrafficDistribution.PreferClose)),
        ("Auto, nodes alike", (port, nodes) => AutoTopologyHints.Apply(port, [.. nodes.Select(node => (node.Zone, 1.0))], out _)),
    ];

    /// <param name="name">The scenario's.</param>
    /// <param name="own">The cluster; its nodes' zones come from Node objects.</param>
    public static ScenarioRecord Of(string name, ClusterInput own)
    {
        IReadOnlyList<ClusterNode> nodes = own.Cluster.Nodes;
        ServicePort[] ports = [.. own.Cluster.Services.SelectMany(service => service.Ports).Where(port => port.Endpoints.Count > 0)];
        int zones = nodes.Select(node => node.Zone).Where(zone => zone.Length > 0).Distinct().Count();
        (string Name, double Cross, double Unknown, double Most)[] results = [.. s_hints.Select(hints => Mean(hints.Name, ports, port => hints.Hint(port, nodes), nodes))];
        return new(
            name,
            "Zones and hints",
            "Of the packets to the reader's own Services, each asked as often and from every node alike, how many cross zones, by the hints their endpoints have?",
            [
                $"{Words.Count(ports.Length)} service ports on {Words.Count(nodes.Count)} nodes in {Words.Count(zones)} known zones{(zones < 2 ? ": no packet can be said to cross" : "")}",
                .. results.Select(r => $"{r.Name}: {Words.Percent(r.Cross)} of the packets cross zones, of {Words.Percent(r.Unknown)} it is not known; the fullest endpoint of a Service has {Words.Times(r.Most)} times its share, on average"),
            ],
            [
                new("Means over the service ports", ["hints", "cross zones", "of unknown zone", "fullest endpoint over its even share"],
                    [.. results.Select(r => (IReadOnlyList<string>)[r.Name, Words.Percent(r.Cross), Words.Percent(r.Unknown), Words.Times(r.Most)])]),
            ],
            []);
    }

    private static (string, double, double, double) Mean(string name, ServicePort[] ports, Func<ServicePort, ServicePort> hint, IReadOnlyList<ClusterNode> nodes)
    {
        TopologyAwareSelection[] selections = [.. ports.Select(port => TopologyAwareSelection.Select(hint(port), nodes, FamilyOf(port)))];
        return selections.Length == 0 ? (name, 0, 0, 0) : (name, selections.Average(s => s.CrossZoneShare), selections.Average(s => s.UnknownZoneShare), selections.Average(s => s.MostLoad));
    }

    private static AddressFamily FamilyOf(ServicePort port) => port.Endpoints[0].Address.AddressFamily;
}
