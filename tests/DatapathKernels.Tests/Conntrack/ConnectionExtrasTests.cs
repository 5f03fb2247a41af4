using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>Counters, timestamps, and what the collector does in a table that is nearly full.</summary>
public class ConnectionExtrasTests
{
    private const string A = "192.0.2.1", B = "10.0.0.1";

    [Fact]
    public void Packets_and_bytes_by_direction()
    {
        using ConntrackTable table = new(new ConntrackOptions { Max = 4, Accounting = true });
        foreach (TestPacket packet in new[] { Tcp(Tracking.Syn, 100, 0), Answer(Tracking.SynAck, 500, 101), Tcp(Tracking.Ack, 101, 501) })
            Tracking.See(table, packet, 0);
        Assert.Equal(new ConnectionCounters(2, 80, 1, 40), Assert.Single(Tracking.All(table)).Counters);

        // Neither an invalid segment nor one that is let through without renewing the connection counts.
        Assert.Equal(TrackedAs.Invalid, Tracking.See(table, Tcp(Tracking.Ack, 101, 900_000), 0));
        Assert.Equal(TrackedAs.Established, Tracking.See(table, Tcp(Tracking.Syn, 9000, 0), 0));
        Assert.Equal(new ConnectionCounters(2, 80, 1, 40), Assert.Single(Tracking.All(table)).Counters);
    }

    [Fact]
    public void The_reset_that_ends_a_connection_counts_and_tells_when()
    {
        using ConntrackTable table = new(new ConntrackOptions { Max = 4, Accounting = true, Timestamps = true });
        Tracking.See(table, Tcp(Tracking.Syn, 100, 0), 1000);
        Assert.Equal(1000, Assert.Single(Tracking.All(table)).StartedMs);
        TrackedPacket reset = Tracking.Track(table, Answer(Tracking.Rst | Tracking.Ack, 0, 101), 3000);
        Assert.Empty(Tracking.All(table));
        Assert.Equal(new ConnectionCounters(1, 40, 1, 40), table.CountersOf(reset.Id));
        Assert.Equal(new ConnectionTimes(1000, 3000), table.TimesOf(reset.Id));
    }

    [Fact]
    public void A_connection_ended_when_its_time_was_over_not_when_that_was_noticed()
    {
        using ConntrackTable table = new(new ConntrackOptions { Max = 4, Timestamps = true });
        TrackedPacket first = Tracking.Track(table, TestPacket.Udp(A, B), 1_000_000_000_000);
        table.Confirm(first.Id, 1_000_000_000_000);
        table.Collect(1_000_000_090_000);
        Assert.Equal(new ConnectionTimes(1_000_000_000_000, 1_000_000_030_000), table.TimesOf(first.Id));
    }

    [Fact]
    public void Without_the_switches_nothing_is_kept_and_the_next_connection_starts_at_zero()
    {
        using ConntrackTable bare = new(new ConntrackOptions { Max = 100 }), full = new(new ConntrackOptions { Max = 100, Accounting = true, Timestamps = true });
        Tracking.See(bare, TestPacket.Udp(A, B), 5);
        Assert.Equal((default, 0L), (bare.CountersOf(0), bare.TimesOf(0).StartedMs));
        Assert.Equal((100 + PacketBurst.MaxCount + 1) * 48L, full.MemoryBytes - bare.MemoryBytes);
        for (int second = 0; second < 1000; second += 100)
            Tracking.See(full, TestPacket.Udp(A, B), second * 1000);
        Assert.Equal(1ul, Assert.Single(Tracking.All(full)).Counters.OriginalPackets);
    }

    [Fact]
    public void A_full_table_lets_the_collector_end_what_is_closing_down_to_95_of_100()
    {
        // Assured TCP, a tenth of it closing: early_drop finds nobody, and a new connection is dropped.
        const int max = 200, closing = 20;
        using ConntrackTable table = new(new ConntrackOptions { Max = max });
        for (int port = 0; port < max; port++)
            Open(table, 10_000 + port, port < closing);
        Assert.Equal(0, table.Collect(1000));
        Assert.Equal(TrackedAs.TableFull, Tracking.See(table, TestPacket.Udp(A, B), 1000));
        int collected = table.Collect(1000, max);
        Assert.Equal((11, 189, 11), (collected, table.Count, (int)table.Evicted));
        Assert.Equal(TrackedAs.New, Tracking.See(table, TestPacket.Udp(A, B), 1000));

        // The pressure is over with the round.
        table.Collect(1000, max);
        Assert.Equal(190, table.Count);
    }

    [Fact]
    public void So_does_the_clock_of_the_packets_within_a_minute()
    {
        const int max = 200, closing = 20;
        using ConntrackTable table = new(new ConntrackOptions { Max = max });
        for (int port = 0; port < max; port++)
            Open(table, 10_000 + port, port < closing);
        Assert.Equal(TrackedAs.TableFull, Tracking.See(table, TestPacket.Udp(A, B), 1000));
        for (int second = 2; second <= 62; second++)
            Tracking.See(table, Tracking.Segment(A, B, 10_000 + max - 1, 80, Tracking.Ack, 101, 501), second * 1000);
        Assert.Equal((189, 11), (table.Count, (int)table.Evicted));
    }

    [Fact]
    public void One_whose_first_packet_is_still_on_its_way_is_none_of_the_collectors()
    {
        const int max = 200;
        using ConntrackTable table = new(new ConntrackOptions { Max = max });
        int pending = Tracking.Track(table, TestPacket.Udp(A, "10.9.9.9"), 0).Id;
        for (int port = 1; port < max; port++)
            Open(table, 10_000 + port, closing: false);
        Assert.Equal(TrackedAs.TableFull, Tracking.See(table, TestPacket.Udp(A, B), 1000));
        Assert.Equal(0, table.Collect(1000, max));

        // As time passes not even when it is over; when asked to collect, then.
        for (int second = 2; second <= 62; second++)
            Tracking.See(table, Tracking.Segment(A, B, 10_001, 80, Tracking.Ack, 101, 501), second * 1000);
        Assert.NotNull(table.View(pending));
        Assert.Equal(1, table.Collect(62_000, max));
    }

    [Theory]
    [InlineData(EvictionPolicy.DropNew, 200)]
    [InlineData(EvictionPolicy.Linux, 99)]
    public void Only_Linux_does_that_and_only_for_whole_hundreds(EvictionPolicy policy, int max)
    {
        using ConntrackTable table = new(new ConntrackOptions { Max = max, Eviction = policy });
        for (int port = 0; port < max; port++)
            Open(table, 10_000 + port, closing: true);
        Assert.Equal(TrackedAs.TableFull, Tracking.See(table, TestPacket.Udp(A, B), 1000));
        Assert.Equal(0, table.Collect(1000));
    }

    private static void Open(ConntrackTable table, int port, bool closing)
    {
        Tracking.See(table, Tracking.Segment(A, B, port, 80, Tracking.Syn, 100, 0), 0);
        Tracking.See(table, Tracking.Segment(B, A, 80, port, Tracking.SynAck, 500, 101), 0);
        Tracking.See(table, Tracking.Segment(A, B, port, 80, Tracking.Ack, 101, 501), 0);
        if (closing)
            Tracking.See(table, Tracking.Segment(A, B, port, 80, Tracking.Fin, 101, 501), 0);
    }

    private static TestPacket Tcp(byte flags, uint sequence, uint ack) => Tracking.Segment(A, B, 40000, 80, flags, sequence, ack);

    private static TestPacket Answer(byte flags, uint sequence, uint ack) => Tracking.Segment(B, A, 80, 40000, flags, sequence, ack);
}
