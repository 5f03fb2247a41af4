using DatapathKernels.Bench.Scenarios.Zones;
using DatapathKernels.Formats.Clusters;
using Xunit;

namespace DatapathKernels.Tests.Bench.Scenarios;

/// <summary>Zones by hand: three nodes in each of three zones unless said otherwise.</summary>
public class ZonesTests
{
    [Fact]
    public void Even_endpoints_two_thirds_cross_and_none_with_hints()
    {
        ZoneCase zones = Case(4, 4, 4);
        Assert.Equal(2.0 / 3, zones.Select(TrafficDistribution.Default).CrossZoneShare, 9);
        TopologyAwareSelection close = zones.Select(TrafficDistribution.PreferClose);
        Assert.Equal(0, close.CrossZoneShare);
        Assert.Equal(1, close.MostLoad, 9);
        Assert.Equal("-", ZoneFallbacks.Describe(close));
    }

    [Fact]
    public void A_lone_endpoint_carries_its_zone()
    {
        // A third of all traffic, where even would be a twelfth.
        TopologyAwareSelection close = Case(8, 3, 1).Select(TrafficDistribution.PreferClose);
        Assert.Equal(0, close.CrossZoneShare);
        Assert.Equal(4, close.MostLoad, 9);
    }

    [Fact]
    public void A_zone_without_endpoints_uses_every_zone()
    {
        TopologyAwareSelection close = Case(8, 4, 0).Select(TrafficDistribution.PreferClose);
        Assert.Equal(1.0 / 3, close.CrossZoneShare, 9);
        Assert.Equal("NoneForZone on 3 of 9 nodes", ZoneFallbacks.Describe(close));

        // An endpoint of zone b: a quarter of its zone's third, and a twelfth of zone c's.
        Assert.Equal(12 * ((1.0 / 12) + (1.0 / 36)), close.MostLoad, 9);
    }

    [Fact]
    public void Auto_pays_with_crossing_for_even_loads()
    {
        // Zone b's four hints: three of its own and one of a's; zone c's: one of its own and three of a's.
        TopologyAwareSelection auto = Case(8, 3, 1).SelectAuto(out AutoHintsRefusal refusal);
        Assert.Equal(AutoHintsRefusal.None, refusal);
        Assert.Equal(4.0 / 12, auto.CrossZoneShare, 9);
        Assert.Equal(1, auto.MostLoad, 9);

        (Case(4, 4, 4) with { Fault = ZoneFault.NodeZoneUnknown }).SelectAuto(out refusal);
        Assert.Equal(AutoHintsRefusal.NodesUnknown, refusal);
    }

    [Theory]
    [InlineData(nameof(ZoneFault.EndpointZoneUnknown), "HintMissing on 9 of 9 nodes")]
    [InlineData(nameof(ZoneFault.NodeZoneUnknown), "ZoneUnknown on 1 of 9 nodes")]
    [InlineData(nameof(ZoneFault.NoneReady), "NoneReady on 9 of 9 nodes")]
    public void What_is_unknown_makes_kube_proxy_fall_back(string what, string words)
    {
        ZoneFault fault = Enum.Parse<ZoneFault>(what);
        TopologyAwareSelection close = (Case(4, 4, 4) with { Fault = fault }).Select(TrafficDistribution.PreferClose);
        Assert.Equal(words, ZoneFallbacks.Describe(close));
        double known = fault == ZoneFault.NoneReady ? 2.0 / 3 : fault == ZoneFault.EndpointZoneUnknown ? 11.0 / 12 * 2 / 3 : 0;
        Assert.Equal(known, close.CrossZoneShare, 1e-2);
    }

    private static ZoneCase Case(params int[] endpoints) => new("", [3, 3, 3], endpoints);
}
