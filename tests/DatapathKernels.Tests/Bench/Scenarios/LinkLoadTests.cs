using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Bench.Scenarios.OverlayPrice;
using DatapathKernels.Overlay;
using Xunit;

namespace DatapathKernels.Tests.Bench.Scenarios;

/// <summary>Full links against what Ethernet's own arithmetic says.</summary>
public class LinkLoadTests
{
    private static OverlayWay None => OverlayWay.All[0];

    private static OverlayWay Vxlan => OverlayWay.All.First(way => way.Name == "VXLAN over IPv4");

    [Theory]
    [InlineData(10, 14_880_952.38)]
    [InlineData(25, 37_202_380.95)]
    [InlineData(100, 148_809_523.8)]
    public void Shortest_frames_fill_a_link_at_line_rate(double gigabit, double packets)
    {
        foreach (int bytes in (int[])[40, 46])
            Assert.Equal(packets, LinkLoad.Of(gigabit, None.BudgetOf(1500), PacketMix.Of(bytes)).PacketsPerSecond, packets * 1e-6);
    }

    [Fact]
    public void Full_packets_give_tcps_known_goodput()
    {
        // 1460 of 1538 bytes, 8960 of 9038.
        Assert.Equal(10 * 1460.0 / 1538, LinkLoad.Of(10, None.BudgetOf(1500), PacketMix.Of(1500)).GoodputGbit, 9);
        Assert.Equal(10 * 8960.0 / 9038, LinkLoad.Of(10, None.BudgetOf(9000), PacketMix.Of(9000)).GoodputGbit, 9);
    }

    [Fact]
    public void A_tunnels_packets_are_shorter_and_take_the_same_wire()
    {
        LinkLoad bare = LinkLoad.Of(10, None.BudgetOf(1500), PacketMix.Of(1500)), packed = LinkLoad.Of(10, Vxlan.BudgetOf(1500), PacketMix.Of(1500));
        Assert.Equal(bare.PacketsPerSecond, packed.PacketsPerSecond, 3);
        Assert.Equal(10 * 1410.0 / 1538, packed.GoodputGbit, 9);
    }

    [Fact]
    public void A_mix_is_its_bytes_over_its_wire()
    {
        // 7 x 84, 4 x 614, 1538 bytes of wire; 0, 536 and 1460 of payload.
        LinkLoad load = LinkLoad.Of(10, None.BudgetOf(1500), PacketMix.Imix);
        Assert.Equal(12 * 1.25e9 / ((7 * 84) + (4 * 614) + 1538), load.PacketsPerSecond, 3);
        Assert.Equal(10.0 * ((4 * 536) + 1460) / ((7 * 84) + (4 * 614) + 1538), load.GoodputGbit, 9);
    }

    [Fact]
    public void Cores_are_packets_times_their_time()
    {
        Assert.Equal(0.5, new LinkLoad(10e6, 0).Cores(50), 12);
        Assert.Equal(50 + 38 + 64, LinkLoad.WireBytes(Vxlan.BudgetOf(1500), 64));
    }

    [Fact]
    public void Every_measured_way_packs_and_unpacks()
    {
        foreach (OverlayWay way in OverlayWay.All.Where(way => way.IsMeasured))
        {
            using OverlayTimer timer = new(way, 1400);
            for (int round = 0; round < 3; round++)
                Assert.True(timer.Pack() > 0 && timer.Unpack() > 0, $"{way.Name} takes some time");
        }
    }

    [Fact]
    public void Only_the_library_s_tunnels_have_times()
    {
        OverlayTimes times = new(new ScenarioTimer(full: false));
        Assert.Null(times.Of(None, 64));
        Assert.Null(times.Average(OverlayWay.All.First(way => way.Name == "WireGuard"), PacketMix.Imix, unpack: false));
        Assert.Equal(times.Of(Vxlan, 64), times.Of(Vxlan, 64));
        Assert.Equal(times.Of(Vxlan, 64)!.Value.Unpack, times.Average(Vxlan, PacketMix.Of(64), unpack: true));
    }
}
