using DatapathKernels.Bench.Suites;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public class ParseBenchTests
{
    [Theory]
    [InlineData(ParseTraffic.Ipv4Tcp)]
    [InlineData(ParseTraffic.Ipv4Mixed)]
    [InlineData(ParseTraffic.Ipv6Tcp)]
    [InlineData(ParseTraffic.DualStack)]
    [InlineData(ParseTraffic.Vlan)]
    [InlineData(ParseTraffic.Ipv4Options)]
    public void Every_traffic_sets_up_and_has_a_key_in_every_frame(ParseTraffic traffic)
    {
        using ParseBench bench = new() { Traffic = traffic };
        bench.Setup();
        // Four bursts whose 64 bits are all set, added without a carry: minus one, four times.
        Assert.Equal(unchecked(0UL - 4), bench.FlowKeyBurst());
        Assert.NotEqual(0, bench.FlowKey());
    }
}
