using DatapathKernels.Conntrack;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>T10: the collector looks through the table once in 1 to 60 seconds, by a running mean of the time that connections have left.</summary>
public class CollectorPeriodTests
{
    private const int StepMs = 10;

    [Theory]
    [InlineData(4000, 10)]
    [InlineData(4000, 1)]
    [InlineData(500, 30)]
    [InlineData(20, 1)]
    [InlineData(4000, 400)]
    public void A_round_takes_as_long_as_the_kernels(int connections, int udpTimeout)
    {
        using ConntrackTable table = new(new ConntrackOptions { Max = 10_000, UdpTimeout = udpTimeout });
        for (int i = 0; i < connections; i++)
            Tracking.See(table, Stranger(i), 0);
        table.Collect(0, connections);
        long over = udpTimeout * 1000L, now = over - 1;
        Tracking.See(table, TestPacket.Udp("10.0.0.1", "10.0.0.2", 5000, 53), now);
        Assert.Equal(connections + 1, table.Count);

        // All are over now. Half of them are gone in half a period, and all at its end.
        long period = KernelPeriodMs(connections, over), half = 0;
        while (table.Count > 1)
        {
            now += StepMs;
            Tracking.See(table, TestPacket.Udp("10.0.0.1", "10.0.0.2", 5000, 53), now);
            half = half == 0 && table.Count <= 1 + (connections / 2) ? now - over : half;
            Assert.InRange(now - over, 0, 2 * period);
        }

        Assert.InRange(half, 0.4 * period, 0.6 * period);
        Assert.InRange(now - over, 0.9 * period, 1.1 * period);
    }

    /// <summary>The kernel's arithmetic, link by link, in milliseconds for its jiffies.</summary>
    private static long KernelPeriodMs(int connections, long remainingMs)
    {
        long mean = 60_000, count = 100;
        for (int link = 0; link < 2 * connections; link++)
            mean += (Math.Clamp(remainingMs, 1000, 300_000) - mean) / ++count;
        return Math.Clamp(mean, 1000, 60_000);
    }

    private static TestPacket Stranger(int i) => TestPacket.Udp($"10.1.{i >> 8}.{i & 255}", "10.0.0.2", 4000, 53);
}
