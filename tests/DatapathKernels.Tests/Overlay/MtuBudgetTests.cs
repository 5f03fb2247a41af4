using DatapathKernels.Overlay;
using DatapathKernels.Tests.Infrastructure;
using FsCheck.Fluent;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>The account of a stack: every byte is named, and no packet that it lets through exceeds the link.</summary>
public class MtuBudgetTests
{
    [Fact]
    public void No_stack_makes_an_outer_packet_above_the_link()
    {
        FsCheck.Gen<Encapsulation> layer =
            from kind in Gen.Choose(0, (int)EncapsulationKind.LinkVlan)
            from v6 in Gen.Elements(false, true)
            select new Encapsulation((EncapsulationKind)kind, v6);
        FsCheck.Gen<(Encapsulation[] Layers, int Link)> stacks =
            from count in Gen.Choose(0, 4)
            from layers in layer.ArrayOf(count)
            from link in Gen.Choose(600, 9216)
            select (layers, link);
        Property.Check(stacks, s =>
        {
            MtuBudget budget = new(s.Link, s.Layers);

            for (int inner = 1; inner <= budget.LargestInner; inner++)
                Assert.True(budget.OuterBytes(inner) <= s.Link && budget.PaddingBytes(inner) >= 0);
            Assert.True(budget.OuterBytes(budget.LargestInner + 1) > s.Link);
            int named = budget.Parts.Where(p => p.CountsAgainstMtu).Sum(p => p.Bytes);
            Assert.Equal(budget.OuterBytes(100), 100 + named + budget.PaddingBytes(100));
            IReadOnlyList<MtuPart> account = budget.Account(101);
            Assert.Equal(budget.WireBytes(101), account.Sum(p => p.Bytes));
            Assert.Equal(budget.PaddingBytes(101), account.Where(p => p.Name == "padding").Sum(p => p.Bytes));
        }, 100);
    }

    [Fact]
    public void Wireguard_pads_to_16_but_not_past_its_mtu()
    {
        MtuBudget budget = new(1500, new Encapsulation(EncapsulationKind.WireGuard));

        Assert.Equal(12, budget.PaddingBytes(100));
        Assert.Equal(0, budget.PaddingBytes(1440));
        Assert.Equal(1, budget.PaddingBytes(1439));
        MtuBudget narrow = new(1497, new Encapsulation(EncapsulationKind.WireGuard));
        Assert.Equal(1497, narrow.OuterBytes(1430));
        Assert.Equal(110, new MtuBudget(1500, new(EncapsulationKind.WireGuard), new(EncapsulationKind.Vxlan)).OverheadBytes);
    }

    [Fact]
    public void Esp_pads_trailer_and_packet_to_four()
    {
        MtuBudget budget = new(1500, new Encapsulation(EncapsulationKind.EspGcm));

        Assert.Equal(1446, budget.LargestInner);
        Assert.Equal(1500, budget.OuterBytes(1446));
        Assert.Equal(3, budget.PaddingBytes(1443));
        Assert.Equal(1438, new MtuBudget(1500, new Encapsulation(EncapsulationKind.EspGcm, OptionBytes: 8)).LargestInner);
    }

    [Fact]
    public void A_gigabyte_of_tcp_in_vxlan()
    {
        MtuBudget bare = new(1500), vxlan = new(1500, new Encapsulation(EncapsulationKind.Vxlan));

        TransferCost cost = vxlan.Transfer(1_000_000_000);

        Assert.Equal(new TransferCost(684_932, 684_932 * 78L, 0), bare.Transfer(1_000_000_000));
        Assert.Equal(new TransferCost(709_220, 709_220 * 128L, 709_220 - 684_932), cost);
        Assert.Equal(1410.0 / 1538, vxlan.GoodputShare(1450), 12);
        Assert.True(vxlan.GoodputShare(100) < vxlan.GoodputShare(500));
        Assert.Equal((1410, 1390), (vxlan.LargestSegment(false), vxlan.LargestSegment(true)));
    }

    [Fact]
    public void Tags_on_the_link_cost_wire_and_no_mtu()
    {
        MtuBudget budget = new(1500, new(EncapsulationKind.LinkVlan), new(EncapsulationKind.Vxlan));

        Assert.Equal((1450, 1500, 1542), (budget.LargestInner, budget.OuterBytes(1450), budget.WireBytes(1450)));
    }

    [Fact]
    public void Presets_that_lose_packets_are_flagged_and_no_others()
    {
        Assert.All(MtuPresets.All, p => Assert.True(p.ExcessBytes == 0 || p.Flaw is not null, p.Product));
        Assert.Equal(20, MtuPresets.Find("Flannel vxlan IPv6")!.ExcessBytes);
        Assert.Equal(0, MtuPresets.Find("Calico VXLAN IPv6")!.UnusedBytes);
        Assert.Equal(20, MtuPresets.Find("Cilium WireGuard")!.UnusedBytes);
        Assert.NotNull(MtuPresets.Find("WireGuard at 1410")!.Flaw);
        Assert.Null(MtuPresets.Find("nobody's"));
    }

    [Fact]
    public void Impossible_stacks_are_refused()
    {
        Assert.ThrowsAny<ArgumentException>(() => new MtuBudget(60));
        Assert.ThrowsAny<ArgumentException>(() => new MtuBudget(100, new(EncapsulationKind.Vxlan), new(EncapsulationKind.Vxlan)));
        Assert.ThrowsAny<ArgumentException>(() => new MtuBudget(1500, new Encapsulation(EncapsulationKind.Ipip, OptionBytes: 4)));
        Assert.ThrowsAny<ArgumentException>(() => new MtuBudget(1500, new Encapsulation(EncapsulationKind.Geneve, OptionBytes: 6)));
        Assert.ThrowsAny<ArgumentException>(() => new MtuBudget(1500).Transfer(1, 1501));
    }
}
