using DatapathKernels.Filtering;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using Xunit;
using static DatapathKernels.Tests.Filtering.MatcherHarness;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Matches with a memory or a draw.</summary>
public class StatefulMatchTests
{
    private static TestPacket From(string source) => TestPacket.Tcp(source, "10.0.0.1");

    private struct Scripted(uint draw) : IRandomSource
    {
        public readonly uint Next() => draw;
    }

    [Theory]
    [InlineData("0.33333333349")]
    [InlineData("0.50000000000")]
    [InlineData("0.20000000019")]
    [InlineData("0.16666666651")]
    [InlineData("0.33332999982")]
    [InlineData("0.25000000000")]
    [InlineData("0.10000000009")]
    [InlineData("0.0000099999")]
    [InlineData("1")]
    public void A_draw_just_below_the_threshold_matches_and_the_threshold_does_not(string probability)
    {
        uint threshold = (uint)Math.Round(double.Parse(probability) * 2147483648.0, MidpointRounding.AwayFromZero);
        Rule rule = Rulesets.Rule($"-m statistic --mode random --probability {probability} -j DROP");
        Assert.Equal(new StatisticMatch(StatisticMode.Random, threshold), rule.Matches[0]);

        Assert.True(Draw(probability, threshold - 1));
        Assert.True(Draw(probability, (threshold - 1) | 0x80000000));
        if (threshold < 0x80000000)
            Assert.False(Draw(probability, threshold));
    }

    [Theory]
    [InlineData(3, 0, "x..x..x..")]
    [InlineData(3, 1, ".x..x..x.")]
    [InlineData(3, 2, "..x..x..x")]
    [InlineData(1, 0, "xxxxxxxxx")]
    public void Nth_matches_the_packet_it_names(int every, int packet, string expected)
    {
        using LinearMatcher matcher = Filter($"-A INPUT -m statistic --mode nth --every {every} --packet {packet} -j DROP");
        PacketMeta meta = default;
        string seen = string.Concat(expected.Select(_ => Run(matcher, From("1.1.1.1"), ref meta).Kind == VerdictKind.Drop ? 'x' : '.'));
        Assert.Equal(expected, seen);
    }

    [Fact]
    public void Nth_counts_only_packets_that_pass_the_tests_before_it_and_all_of_those()
    {
        using LinearMatcher matcher = Filter("-A INPUT -p tcp -m statistic --mode nth --every 2 -m tcp --dport 81 -j DROP", "-A INPUT -j ACCEPT");
        PacketMeta meta = default;
        TestPacket other = TestPacket.Tcp("1.1.1.1", "2.2.2.2", destinationPort: 80), named = TestPacket.Tcp("1.1.1.1", "2.2.2.2", destinationPort: 81);
        Assert.Equal(VerdictKind.Accept, Run(matcher, other, ref meta).Kind);
        Assert.Equal(VerdictKind.Accept, Run(matcher, named, ref meta).Kind);
        Assert.Equal(VerdictKind.Drop, Run(matcher, named, ref meta).Kind);
    }

    [Fact]
    public void Recent_finds_an_address_for_as_long_as_it_is_recent()
    {
        using LinearMatcher matcher = Filter("-A INPUT -p udp -m recent --set --name L", "-A INPUT -p tcp -m recent --rcheck --seconds 10 --name L -j DROP");
        PacketMeta meta = new() { NowMs = 1_000_000 };
        Run(matcher, TestPacket.Udp("1.1.1.1", "2.2.2.2"), ref meta);
        Assert.Equal(VerdictKind.Drop, Run(matcher, From("1.1.1.1"), ref meta).Kind);
        Assert.Equal(VerdictKind.Accept, Run(matcher, From("1.1.1.2"), ref meta).Kind);
        meta.NowMs += 10_000;
        Assert.Equal(VerdictKind.Drop, Run(matcher, From("1.1.1.1"), ref meta).Kind);
        meta.NowMs += 1;
        Assert.Equal(VerdictKind.Accept, Run(matcher, From("1.1.1.1"), ref meta).Kind);
    }

    [Fact]
    public void Recent_counts_hits_updates_and_removes()
    {
        using LinearMatcher matcher = Filter(
            "-A INPUT -p icmp -m recent --remove --name L -j DROP",
            "-A INPUT -p udp -m recent --set --name L",
            "-A INPUT -p tcp -m recent --update --seconds 10 --hitcount 2 --name L -j DROP");
        PacketMeta meta = new() { NowMs = 1_000_000 };
        TestPacket udp = TestPacket.Udp("1.1.1.1", "2.2.2.2"), ping = TestPacket.Icmp("1.1.1.1", "2.2.2.2", 8);
        Run(matcher, udp, ref meta);
        Assert.Equal(VerdictKind.Accept, Run(matcher, From("1.1.1.1"), ref meta).Kind);
        Run(matcher, udp, ref meta);
        Assert.Equal(VerdictKind.Drop, Run(matcher, From("1.1.1.1"), ref meta).Kind);
        Assert.Equal(VerdictKind.Drop, Run(matcher, ping, ref meta).Kind);
        Assert.Equal(VerdictKind.Accept, Run(matcher, ping, ref meta).Kind);
        Assert.Equal(VerdictKind.Accept, Run(matcher, From("1.1.1.1"), ref meta).Kind);
    }

    [Fact]
    public void Recent_masks_the_address_and_looks_at_either_side()
    {
        using LinearMatcher matcher = Filter(
            "-A INPUT -p udp -m recent --set --name L --mask 255.255.255.0 --rsource",
            "-A INPUT -p tcp -m recent --rcheck --name L --mask 255.255.255.0 --rdest -j DROP");
        PacketMeta meta = default;
        Run(matcher, TestPacket.Udp("1.1.1.1", "2.2.2.2"), ref meta);
        Assert.Equal(VerdictKind.Drop, Run(matcher, TestPacket.Tcp("9.9.9.9", "1.1.1.200"), ref meta).Kind);
        Assert.Equal(VerdictKind.Accept, Run(matcher, TestPacket.Tcp("1.1.1.1", "9.9.9.9"), ref meta).Kind);
    }

    [Fact]
    public void Recent_forgets_the_oldest_address_of_a_full_list_and_reaps_old_ones()
    {
        MatcherOptions options = new() { RecentEntriesPerList = 2, RecentEntries = 3 };
        using LinearMatcher matcher = Filter(options,
            "-A INPUT -p udp -m recent --set --name L",
            "-A INPUT -p tcp -m recent --rcheck --seconds 1000 --reap --name L -j DROP");
        PacketMeta meta = default;
        for (int i = 1; i <= 3; i++)
        {
            meta.NowMs = i * 1000;
            Run(matcher, TestPacket.Udp($"1.1.1.{i}", "2.2.2.2"), ref meta);
        }

        Assert.Equal(VerdictKind.Accept, Run(matcher, From("1.1.1.1"), ref meta).Kind);
        Assert.Equal(VerdictKind.Drop, Run(matcher, From("1.1.1.2"), ref meta).Kind);
        Assert.Equal(VerdictKind.Drop, Run(matcher, From("1.1.1.3"), ref meta).Kind);
    }

    [Fact]
    public void Recent_by_time_to_live_knows_who_else_uses_the_address()
    {
        using LinearMatcher matcher = Filter(
            "-A INPUT -p udp -m recent --set --name L",
            "-A INPUT -p tcp -m recent --rcheck --rttl --name L -j DROP");
        PacketMeta meta = default;
        Run(matcher, TestPacket.Udp("1.1.1.1", "2.2.2.2"), ref meta);
        TestPacket same = From("1.1.1.1"), other = From("1.1.1.1");
        other.Bytes[8] = 60;
        Assert.Equal(VerdictKind.Drop, Run(matcher, same, ref meta).Kind);
        Assert.Equal(VerdictKind.Accept, Run(matcher, other, ref meta).Kind);
    }

    [Fact]
    public void Recent_counts_more_hits_than_the_kernel_keeps_without_being_asked()
    {
        using LinearMatcher matcher = Filter(
            "-A INPUT -p udp -m recent --set --name L",
            "-A INPUT -p tcp -m recent --rcheck --hitcount 100 --name L -j DROP");
        PacketMeta meta = default;
        for (int i = 0; i < 99; i++)
            Run(matcher, TestPacket.Udp("1.1.1.1", "2.2.2.2"), ref meta);
        Assert.Equal(VerdictKind.Accept, Run(matcher, From("1.1.1.1"), ref meta).Kind);
        Run(matcher, TestPacket.Udp("1.1.1.1", "2.2.2.2"), ref meta);
        Assert.Equal(VerdictKind.Drop, Run(matcher, From("1.1.1.1"), ref meta).Kind);
    }

    [Fact]
    public void The_first_rule_that_names_a_list_gives_it_its_mask()
    {
        using LinearMatcher matcher = Filter(
            "-A INPUT -p udp -m recent --set --name L --mask 255.255.255.0",
            "-A INPUT -p tcp -m recent --rcheck --name L -j DROP");
        PacketMeta meta = default;
        Run(matcher, TestPacket.Udp("1.1.1.1", "2.2.2.2"), ref meta);
        Assert.Equal(VerdictKind.Drop, Run(matcher, From("1.1.1.77"), ref meta).Kind);
    }

    private static bool Draw(string probability, uint draw)
    {
        using LinearMatcher matcher = Filter($"-A INPUT -m statistic --mode random --probability {probability} -j DROP");
        matcher.Find(TableKind.Filter, "INPUT", out ChainId chain);
        TestPacket packet = From("1.1.1.1");
        Scripted random = new(draw);
        PacketMeta meta = default;
        matcher.Evaluate(chain, packet.Bytes, packet.Info, ref meta, ref random, out PacketVerdict verdict);
        return verdict.Kind == VerdictKind.Drop;
    }
}
