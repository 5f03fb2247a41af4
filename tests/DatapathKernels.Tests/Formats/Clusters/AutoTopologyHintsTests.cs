using System.Net;
using DatapathKernels.Formats.Clusters;
using Xunit;

namespace DatapathKernels.Tests.Formats.Clusters;

/// <summary>Endpoints dealt to zones by their CPUs, in numbers that upstream's tests and documents have.</summary>
public class AutoTopologyHintsTests
{
    [Theory]
    [InlineData("a3 b3 c3", "a4 b4 c4", "a:4 b:4 c:4", 0)] // Even: each its own.
    [InlineData("a3 b3 c3", "a12", "a:4 b:4 c:4", 8)] // All in one zone: two thirds are given away.
    [InlineData("a3 b3 c3", "a8 b3 c1", "a:4 b:4 c:4", 4)]
    [InlineData("a51 b51 c58", "a16", "a:6 b:5 c:5", 10)] // Upstream: 5.1, 5.1 and 5.8 wanted, but neither 0.9 too many nor 0.8 too few is a whole one.
    [InlineData("a50 b56 c54", "a16", "a:5 b:6 c:5", 11)]
    [InlineData("a50 b56 c54", "b8 c8", "a:5 b:6 c:5", 5)]
    [InlineData("a2 b1", "a2 b1", "a:2 b:1", 0)]
    public void Zones_get_what_their_cpus_ask_for(string nodes, string endpoints, string hinted, int moved)
    {
        ServicePort port = AutoTopologyHints.Apply(Port(endpoints), Nodes(nodes), out AutoHintsRefusal refusal);
        Assert.Equal(AutoHintsRefusal.None, refusal);
        Assert.Equal(hinted, string.Join(' ', port.Endpoints.CountBy(e => Assert.Single(e.ZoneHints)).OrderBy(zone => zone.Key).Select(zone => $"{zone.Key}:{zone.Value}")));
        Assert.Equal(moved, port.Endpoints.Count(e => e.ZoneHints[0] != e.Zone));
    }

    [Theory]
    [InlineData("a3 b3 c3", "a1 b1", AutoHintsRefusal.TooFewEndpoints)]
    [InlineData("a3", "a9", AutoHintsRefusal.NodesUnknown)]
    [InlineData("a3 ?1", "a9", AutoHintsRefusal.NodesUnknown)]
    [InlineData("a3 b0", "a9", AutoHintsRefusal.NodesUnknown)]
    [InlineData("a3 b3", "a4 ?1", AutoHintsRefusal.EndpointZoneUnknown)]
    [InlineData("a4 b4 c1", "a2 b1 c1", AutoHintsRefusal.Overload)] // 1.78 / 1.2 is 1.48, rounded up 2; 2 + 2 + 1 of 4.
    public void Without_enough_to_go_by_there_are_no_hints(string nodes, string endpoints, AutoHintsRefusal expected)
    {
        ServicePort hinted = Port(endpoints) with { Endpoints = [.. Port(endpoints).Endpoints.Select(e => e with { ZoneHints = ["a"] })] };
        ServicePort port = AutoTopologyHints.Apply(hinted, Nodes(nodes), out AutoHintsRefusal refusal);
        Assert.Equal(expected, refusal);
        Assert.All(port.Endpoints, e => Assert.Empty(e.ZoneHints));
    }

    [Fact]
    public void Endpoints_that_are_not_ready_do_not_count()
    {
        ServicePort port = Port("a2 b2");
        port = port with { Endpoints = [port.Endpoints[0] with { Ready = false, ZoneHints = ["a"] }, .. port.Endpoints.Skip(1), Pod("b", 99)] };
        ServicePort hinted = AutoTopologyHints.Apply(port, Nodes("a1 b1"), out AutoHintsRefusal refusal);
        Assert.Equal(AutoHintsRefusal.None, refusal);
        Assert.Empty(hinted.Endpoints[0].ZoneHints);
        Assert.Equal(["a", "a", "b", "b"], hinted.Endpoints.Skip(1).Select(e => Assert.Single(e.ZoneHints)));
    }

    [Fact]
    public void Nobody_is_ready()
    {
        ServicePort port = new() { Port = 80, Endpoints = [Pod("a", 1) with { Ready = false }] };
        AutoTopologyHints.Apply(port, Nodes("a1 b1"), out AutoHintsRefusal refusal);
        Assert.Equal(AutoHintsRefusal.TooFewEndpoints, refusal);
    }

    private static (string Zone, double Cpus)[] Nodes(string text) => [.. text.Split(' ').Select(node => (ZoneOf(node), double.Parse(node[1..], System.Globalization.CultureInfo.InvariantCulture)))];

    private static ServicePort Port(string text)
    {
        List<ServiceEndpoint> endpoints = [];
        foreach (string zone in text.Split(' '))
        {
            for (int i = 0; i < int.Parse(zone[1..], System.Globalization.CultureInfo.InvariantCulture); i++)
                endpoints.Add(Pod(ZoneOf(zone), endpoints.Count + 1));
        }

        return new() { Port = 80, Endpoints = endpoints };
    }

    private static ServiceEndpoint Pod(string zone, int number) => new() { Address = new IPAddress([10, 0, 0, (byte)number]), Port = 80, Zone = zone };

    private static string ZoneOf(string text) => text[0] == '?' ? "" : text[..1];
}
