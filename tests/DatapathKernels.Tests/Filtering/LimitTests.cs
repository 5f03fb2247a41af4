using DatapathKernels.Filtering;
using DatapathKernels.Tests.Formats.Iptables;
using Xunit;
using static DatapathKernels.Tests.Filtering.MatcherHarness;

namespace DatapathKernels.Tests.Filtering;

/// <summary>The token bucket, on the caller's clock.</summary>
public class LimitTests
{
    [Theory]
    [InlineData("--limit 10/sec --limit-burst 3", 3, 100)]
    [InlineData("--limit 1/min", 5, 60_000)]
    [InlineData("--limit 2/hour --limit-burst 1", 1, 1_800_000)]
    [InlineData("--limit 1/day --limit-burst 1", 1, 86_400_000)]
    [InlineData("", 5, 1_200_000)]
    public void A_full_bucket_holds_the_burst_and_fills_at_the_rate(string words, int burst, int periodMs)
    {
        using LinearMatcher matcher = Filter($"-A INPUT -m limit {words} -j DROP");
        PacketMeta meta = new() { NowMs = 5_000_000 };
        for (int i = 0; i < burst; i++)
            Assert.True(Taken(matcher, ref meta), $"packet {i}");
        Assert.False(Taken(matcher, ref meta));
        meta.NowMs += periodMs - 1;
        Assert.False(Taken(matcher, ref meta));
        meta.NowMs += 1;
        Assert.True(Taken(matcher, ref meta));
        Assert.False(Taken(matcher, ref meta));
        meta.NowMs += 1000L * periodMs;
        for (int i = 0; i < burst; i++)
            Assert.True(Taken(matcher, ref meta));
        Assert.False(Taken(matcher, ref meta));
    }

    [Fact]
    public void Only_packets_that_pass_the_tests_before_it_take_from_the_bucket()
    {
        using LinearMatcher matcher = Filter("-A INPUT -p tcp -m limit --limit 1/hour --limit-burst 2 -m tcp --dport 81 -j DROP");
        PacketMeta meta = default;
        TestPacket other = TestPacket.Tcp("1.1.1.1", "2.2.2.2"), named = TestPacket.Tcp("1.1.1.1", "2.2.2.2", destinationPort: 81);
        Run(matcher, TestPacket.Udp("1.1.1.1", "2.2.2.2"), ref meta);
        Assert.Equal(VerdictKind.Accept, Run(matcher, other, ref meta).Kind);
        Assert.Equal(VerdictKind.Drop, Run(matcher, named, ref meta).Kind);
        Assert.Equal(VerdictKind.Accept, Run(matcher, named, ref meta).Kind);
    }

    [Fact]
    public void Time_that_runs_backwards_adds_nothing()
    {
        using LinearMatcher matcher = Filter("-A INPUT -m limit --limit 1/sec --limit-burst 1 -j DROP");
        PacketMeta meta = new() { NowMs = 100_000 };
        Assert.True(Taken(matcher, ref meta));
        meta.NowMs = 0;
        Assert.False(Taken(matcher, ref meta));
        meta.NowMs = 999;
        Assert.False(Taken(matcher, ref meta));
        meta.NowMs = 1000;
        Assert.True(Taken(matcher, ref meta));
    }

    [Fact]
    public void A_bucket_too_large_for_the_kernel_is_refused() =>
        Assert.Throws<RulesetException>(() => Filter("-A INPUT -m limit --limit 1/day --limit-burst 2 -j DROP"));

    [Fact]
    public void Every_rate_is_written_as_one_that_means_the_same()
    {
        foreach (string unit in new[] { "sec", "min", "hour", "day" })
        {
            for (int count = 1; count <= 10000; count += count < 400 ? 1 : 97)
            {
                Rule rule = Rulesets.Rule($"-m limit --limit {count}/{unit} -j DROP");
                Ruleset ruleset = new(IpFamily.V4);
                ruleset.GetOrAdd(TableKind.Filter).Add("INPUT").Add(rule);
                Rulesets.AssertRoundTrips(ruleset);
            }
        }
    }

    private static bool Taken(LinearMatcher matcher, ref PacketMeta meta) =>
        Run(matcher, TestPacket.Tcp("1.1.1.1", "2.2.2.2"), ref meta).Kind == VerdictKind.Drop;
}
