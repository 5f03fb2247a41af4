using System.Net;
using System.Net.Sockets;
using DatapathKernels.Formats.Clusters;
using Xunit;

namespace DatapathKernels.Tests.Formats.Clusters;

public class TopologyAwareSelectionTests
{
    private static readonly ClusterNode[] Nodes = [Node("n1", "a"), Node("n2", "a"), Node("n3", "b"), Node("n4", "c")];

    [Fact]
    public void Without_preference_traffic_goes_anywhere()
    {
        TopologyAwareSelection selection = Select(TrafficDistribution.Default, Pod(1, "n1", "a"), Pod(2, "n3", "b"));
        Assert.All(selection.Nodes, node => Assert.Equal((2, TopologyMode.Anywhere, TopologyFallback.HintMissing), (node.Cluster.Count, node.Topology, node.Fallback)));
        // From a: half goes to b. From b: half goes to a. From c: all.
        Assert.Equal((0.5 + 0.5 + 0.5 + 1) / 4, selection.CrossZoneShare, 12);
        Assert.Equal([1, 1], selection.Loads);
        Assert.Equal(1, selection.MostLoad);
    }

    [Theory]
    [InlineData(TrafficDistribution.PreferClose)]
    [InlineData(TrafficDistribution.PreferSameZone)]
    public void Zones_keep_their_traffic_and_one_without_endpoints_uses_all(TrafficDistribution distribution)
    {
        TopologyAwareSelection selection = Select(distribution, Pod(1, "n1", "a"), Pod(2, "n3", "b"));
        Assert.Equal(
            [TopologyMode.SameZone, TopologyMode.SameZone, TopologyMode.SameZone, TopologyMode.Anywhere], selection.Nodes.Select(node => node.Topology));
        Assert.Equal(TopologyFallback.NoneForZone, selection.Nodes[3].Fallback);
        Assert.Equal(0.25, selection.CrossZoneShare, 12);

        // Two nodes and a half of four send to the first, one and a half to the second.
        Assert.Equal([1.25, 0.75], selection.Loads);
        Assert.Equal(1.25, selection.MostLoad);
    }

    [Fact]
    public void The_same_node_comes_before_the_same_zone()
    {
        TopologyAwareSelection selection = Select(TrafficDistribution.PreferSameNode, Pod(1, "n1", "a"), Pod(2, "n3", "b"), Pod(3, "n3", "b"));
        Assert.Equal(
            [TopologyMode.SameNode, TopologyMode.SameZone, TopologyMode.SameNode, TopologyMode.Anywhere], selection.Nodes.Select(node => node.Topology));
        Assert.Equal([1, 1, 2, 3], selection.Nodes.Select(node => node.Cluster.Count));
    }

    [Fact]
    public void One_endpoint_without_a_hint_spoils_all()
    {
        TopologyAwareSelection selection = Select(TrafficDistribution.PreferSameZone, Pod(1, "n1", "a"), Pod(2, "", ""));
        Assert.All(selection.Nodes, node => Assert.Equal((2, TopologyFallback.HintMissing), (node.Cluster.Count, node.Fallback)));
        Assert.Equal(0.5, selection.UnknownZoneShare, 12);
        Assert.Equal(0.25, selection.CrossZoneShare, 12);
    }

    [Fact]
    public void An_endpoint_that_is_not_ready_spoils_nothing()
    {
        TopologyAwareSelection selection = Select(TrafficDistribution.PreferSameZone, Pod(1, "n1", "a"), Pod(2, "", "") with { Ready = false, Serving = false });
        Assert.Equal(TopologyMode.SameZone, selection.Nodes[0].Topology);
    }

    [Fact]
    public void A_node_without_a_zone_uses_all()
    {
        EndpointSelection selection = EndpointSelection.Select(
            TopologyHints.Apply(Port(Pod(1, "n1", "a"), Pod(2, "n3", "b")), TrafficDistribution.PreferSameZone), AddressFamily.InterNetwork, "n9", "");
        Assert.Equal((2, TopologyFallback.ZoneUnknown), (selection.Cluster.Count, selection.Fallback));
    }

    [Fact]
    public void Terminating_endpoints_are_used_without_regard_to_hints_when_none_is_ready()
    {
        ServiceEndpoint draining = Pod(1, "n1", "a") with { Ready = false, Terminating = true, ZoneHints = ["a"] };
        TopologyAwareSelection selection = Select(TrafficDistribution.PreferSameZone, draining, draining with { Address = IPAddress.Parse("10.0.0.2"), Zone = "b" });
        Assert.All(selection.Nodes, node => Assert.Equal((2, TopologyFallback.NoneReady), (node.Cluster.Count, node.Fallback)));
        selection = Select(TrafficDistribution.PreferSameZone, draining, Pod(3, "n3", "b"));
        Assert.All(selection.Nodes, node => Assert.Equal("10.0.0.3", Assert.Single(node.Cluster).Address.ToString()));
    }

    [Fact]
    public void Nobody_to_send_to_crosses_nothing()
    {
        TopologyAwareSelection selection = Select(TrafficDistribution.PreferClose);
        Assert.Equal((0.0, 0.0, 0.0), (selection.CrossZoneShare, selection.UnknownZoneShare, selection.MostLoad));
    }

    [Fact]
    public void Hints_are_written_as_the_controller_does()
    {
        ServicePort port = Port(Pod(1, "n1", "a"), Pod(2, "n2", ""), Pod(3, "", "b") with { Ready = false, ZoneHints = ["x"] });
        Assert.Same(port, TopologyHints.Apply(port, TrafficDistribution.Default));
        ServicePort zones = TopologyHints.Apply(port, TrafficDistribution.PreferClose), both = TopologyHints.Apply(port, TrafficDistribution.PreferSameNode);
        Assert.Equal(["a", "", "x"], zones.Endpoints.Select(e => string.Join(',', e.ZoneHints)));
        Assert.All(zones.Endpoints, e => Assert.Empty(e.NodeHints));
        Assert.Equal(["a", "", "x"], both.Endpoints.Select(e => string.Join(',', e.ZoneHints)));
        Assert.Equal(["n1", "n2", ""], both.Endpoints.Select(e => string.Join(',', e.NodeHints)));
        Assert.Throws<ArgumentOutOfRangeException>(() => TopologyHints.Apply(port, (TrafficDistribution)9));
    }

    private static TopologyAwareSelection Select(TrafficDistribution distribution, params ServiceEndpoint[] endpoints) =>
        TopologyAwareSelection.Select(Port(endpoints), distribution, Nodes);

    private static ServicePort Port(params ServiceEndpoint[] endpoints) => new() { Port = 80, Endpoints = endpoints };

    private static ServiceEndpoint Pod(byte last, string node, string zone) => new() { Address = new IPAddress([10, 0, 0, last]), Port = 80, Node = node, Zone = zone };

    private static ClusterNode Node(string name, string zone) => new(name, zone, [], []);
}
