using DatapathKernels.Bench.Scenarios.Pressure;
using DatapathKernels.Conntrack;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public class FloodTests
{
    [Theory]
    [InlineData(EvictionPolicy.Linux)]
    [InlineData(EvictionPolicy.DropNew)]
    [InlineData(EvictionPolicy.LeastUseful)]
    public void Established_connections_survive_a_flood_where_the_policy_spares_them(EvictionPolicy policy)
    {
        FloodCost cost = ConntrackPressure.Measure(policy, 16_384, 1000);

        Assert.Equal((1000, 0), (cost.Established, cost.EstablishedLost));
        Assert.InRange(cost.Count, 16_384 * 9 / 10, 16_384);
    }

    [Fact]
    public void Dropping_the_new_refuses_the_good_with_the_bad_and_only_that_does()
    {
        FloodCost drop = ConntrackPressure.Measure(EvictionPolicy.DropNew, 16_384, 1000), own = ConntrackPressure.Measure(EvictionPolicy.LeastUseful, 16_384, 1000);

        Assert.InRange(drop.GoodRefused, drop.Good / 2, drop.Good);
        Assert.Equal(0, own.GoodRefused);
    }

    [Fact]
    public void Without_a_full_table_nothing_is_lost_under_any_policy()
    {
        foreach (EvictionPolicy policy in Enum.GetValues<EvictionPolicy>())
        {
            using Flood flood = new(policy, 1 << 17, 1000);

            FloodCost cost = flood.Run(0.25);

            Assert.Equal((0, 0, 0), (cost.EstablishedLost, cost.GoodRefused, cost.GoodLost));
        }
    }
}
