using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>Connections that nobody asks for any more leave the table as packets of others go by.</summary>
public class PassingTimeTests
{
    private const int Strangers = 4000;

    [Theory]
    [InlineData(EvictionPolicy.Linux)]
    [InlineData(EvictionPolicy.DropNew)]
    [InlineData(EvictionPolicy.LeastUseful)]
    [InlineData(EvictionPolicy.Lru)]
    public void Expired_strangers_are_collected_on_the_way(EvictionPolicy policy)
    {
        using ConntrackTable table = Filled(policy);
        for (int second = 0; second < 90; second++)
            Tracking.See(table, TestPacket.Udp("10.0.0.1", "10.0.0.2", 5000, 53), 1_000_000 + (second * 1000));
        Assert.InRange(table.Count, 1, 64);
    }

    [Fact]
    public void Each_step_looks_at_a_bounded_number_of_places()
    {
        using ConntrackTable table = Filled(EvictionPolicy.Linux);
        for (int step = 0; step < 20; step++)
        {
            int before = table.Count;
            Tracking.See(table, TestPacket.Udp("10.0.0.1", "10.0.0.2", 5000, 53), 1_000_000 + (step * 3_600_000L));
            Assert.InRange(before - table.Count, 0, 64);
        }
    }

    [Fact]
    public void While_the_clock_stands_nothing_goes()
    {
        using ConntrackTable table = Filled(EvictionPolicy.Linux);
        Tracking.See(table, TestPacket.Udp("10.0.0.1", "10.0.0.2", 5000, 53), 1_000_000);
        int count = table.Count;
        for (int i = 0; i < 1000; i++)
            Tracking.See(table, TestPacket.Udp("10.0.0.1", "10.0.0.2", 5000, 53), 1_000_000);
        Assert.Equal(count, table.Count);
    }

    [Fact]
    public void A_clock_that_goes_back_collects_again_from_there()
    {
        using ConntrackTable table = Filled(EvictionPolicy.Linux);
        Tracking.See(table, TestPacket.Udp("10.0.0.1", "10.0.0.2", 5000, 53), 900_000_000);
        for (int second = 0; second < 90; second++)
            Tracking.See(table, TestPacket.Udp("10.0.0.1", "10.0.0.2", 5000, 53), 1_000_000 + (second * 1000));
        Assert.InRange(table.Count, 1, 64);
    }

    [Fact]
    public void Without_packets_a_table_empties_when_it_is_told_to()
    {
        using ConntrackTable table = Filled(EvictionPolicy.Linux);
        Assert.Equal(1000, table.Collect(1_000_000, 1000));
        Assert.Equal(Strangers - 1000, table.Count);
        Assert.Equal(Strangers - 1000, table.Collect(1_000_000, Strangers));
        Assert.Equal(0, table.Count);
    }

    private static ConntrackTable Filled(EvictionPolicy policy)
    {
        ConntrackTable table = new(new ConntrackOptions { Max = 10_000, Eviction = policy });
        for (int i = 0; i < Strangers; i++)
            Tracking.See(table, TestPacket.Udp($"10.1.{i >> 8}.{i & 255}", "10.0.0.2", 4000, 53), 0);
        Assert.Equal(Strangers, table.Count);
        return table;
    }
}
