using System.Net;
using System.Net.Sockets;
using DatapathKernels.Formats.Clusters;
using Xunit;

namespace DatapathKernels.Tests.Formats.Clusters;

public class EndpointSelectionTests
{
    private static readonly string[] ZoneA = ["a"];
    private static readonly string[] ZoneB = ["b"];

    [Fact]
    public void Ready_endpoints_are_used_in_the_order_of_their_text()
    {
        EndpointSelection selection = Select("n1", "", Pod(9), Pod(10), Pod(100), Pod(7) with { Ready = false, Serving = false });
        Assert.Equal(["10.0.0.100:80", "10.0.0.10:80", "10.0.0.9:80"], Texts(selection.Cluster));
        Assert.True(selection.Any);
    }

    [Fact]
    public void Terminating_endpoints_serve_when_none_is_ready()
    {
        ServiceEndpoint draining = Pod(1) with { Ready = false, Terminating = true };
        Assert.Equal(["10.0.0.1:80"], Texts(Select("n1", "", draining).Cluster));
        Assert.Equal(["10.0.0.2:80"], Texts(Select("n1", "", draining, Pod(2)).Cluster));
        Assert.False(Select("n1", "", draining with { Serving = false }).Any);
    }

    [Fact]
    public void Local_endpoints_are_those_of_the_node()
    {
        ServiceEndpoint drainingHere = Pod(1) with { Node = "n1", Ready = false, Terminating = true };
        Assert.Equal(["10.0.0.2:80"], Texts(Select("n1", "", drainingHere, Pod(2) with { Node = "n1" }, Pod(3) with { Node = "n2" }).Local));
        Assert.Equal(["10.0.0.1:80"], Texts(Select("n1", "", drainingHere, Pod(3) with { Node = "n2" }).Local));
        EndpointSelection elsewhere = Select("n3", "", Pod(3) with { Node = "n2" });
        Assert.Empty(elsewhere.Local);
        Assert.True(elsewhere.Any);
        Assert.Empty(Select("", "", Pod(3)).Local);
    }

    [Fact]
    public void Zone_hints_count_only_when_all_have_one_and_some_fit()
    {
        ServiceEndpoint a = Pod(1) with { ZoneHints = ZoneA }, b = Pod(2) with { ZoneHints = ZoneB };
        Assert.Equal(["10.0.0.1:80"], Texts(Select("n1", "a", a, b).Cluster));
        Assert.Equal(2, Select("n1", "c", a, b).Cluster.Count);
        Assert.Equal(2, Select("n1", "", a, b).Cluster.Count);
        Assert.Equal(3, Select("n1", "a", a, b, Pod(3)).Cluster.Count);
    }

    [Fact]
    public void Equal_endpoints_are_one_and_the_ready_one_wins()
    {
        EndpointSelection selection = Select("n1", "", Pod(1) with { Ready = false, Serving = false }, Pod(1), Pod(1));
        Assert.Single(selection.Cluster);
    }

    [Fact]
    public void The_other_family_is_not_seen()
    {
        ServiceEndpoint v6 = Pod(1) with { Address = IPAddress.Parse("fd00::1") };
        Assert.Empty(Select("n1", "", v6).Cluster);
        ServicePort port = new() { Port = 80, Endpoints = [Pod(1), v6] };
        Assert.Equal(["[fd00::1]:80"], Texts(EndpointSelection.Select(port, AddressFamily.InterNetworkV6, "n1", "").Cluster));
    }

    private static ServiceEndpoint Pod(byte last) => new() { Address = new IPAddress([10, 0, 0, last]), Port = 80 };

    private static EndpointSelection Select(string node, string zone, params ServiceEndpoint[] endpoints) =>
        EndpointSelection.Select(new() { Port = 80, Endpoints = endpoints }, AddressFamily.InterNetwork, node, zone);

    private static IEnumerable<string> Texts(IEnumerable<ServiceEndpoint> endpoints) => endpoints.Select(EndpointSelection.Text);
}
