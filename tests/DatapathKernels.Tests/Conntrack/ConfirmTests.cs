using DatapathKernels.Conntrack;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>The ways a new connection does not get into the table, and those by which its packet gets through nevertheless.</summary>
public class ConfirmTests
{
    private const string Client = "192.0.2.1", Service = "10.0.0.1";

    [Fact]
    public void Two_packets_of_a_flow_that_are_sent_to_different_backends_both_get_answers()
    {
        using ConntrackTable table = Table();
        TestPacket packet = TestPacket.Udp(Client, Service, 4000, 53);
        TrackedPacket first = Tracking.Track(table, packet, 0), second = Tracking.Track(table, packet, 0);
        Send(table, first, "10.1.0.1");
        Send(table, second, "10.1.0.2");
        Assert.True(table.Confirm(first.Id, 0) && table.Confirm(second.Id, 0));
        Assert.Equal((2, 0), (table.Count, table.InsertFailed));

        // Later packets of the client are the first one's; each backend's answers find their own.
        Assert.Equal(first.Id, Tracking.Track(table, packet, 500).Id);
        TrackedPacket answer = Tracking.Track(table, TestPacket.Udp("10.1.0.2", Client, 53, 4000), 900);
        Assert.Equal((TrackedAs.Established, second.Id, true), (answer.State, answer.Id, answer.IsReply));
        Assert.Equal(ConntrackStatus.NatClash | ConntrackStatus.FixedTimeout, table.StatusOf(second.Id) & (ConntrackStatus.NatClash | ConntrackStatus.FixedTimeout | ConntrackStatus.Assured));
        Assert.Equal(TrackedAs.New, Tracking.Track(table, TestPacket.Udp("10.1.0.2", Client, 53, 4000), 1000).State);
        table.Collect(100_000_000, 1000);
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void Of_TCP_the_later_is_dropped_and_so_is_one_whose_answers_another_gets()
    {
        using ConntrackTable table = Table();
        TestPacket syn = TestPacket.Tcp(Client, Service, 4000, 80), one = TestPacket.Udp(Client, Service, 4000, 53), other = TestPacket.Udp(Client, "10.0.0.2", 4000, 53);
        TrackedPacket first = Tracking.Track(table, syn, 0), second = Tracking.Track(table, syn, 0);
        Send(table, first, "10.1.0.1");
        Send(table, second, "10.1.0.2");
        Assert.True(table.Confirm(first.Id, 0));
        Assert.False(table.Confirm(second.Id, 0));

        (first, second) = (Tracking.Track(table, one, 0), Tracking.Track(table, other, 0));
        Send(table, first, "10.1.0.1");
        Send(table, second, "10.1.0.1");
        Assert.True(table.Confirm(first.Id, 0));
        Assert.False(table.Confirm(second.Id, 0));
        Assert.Equal((2, 2), (table.Count, table.InsertFailed));
    }

    [Fact]
    public void A_chain_takes_fifty_links_and_at_most_thirty_more()
    {
        using ConntrackTable table = new(new ConntrackOptions { Max = 200, Buckets = 1, HashKey = (1, 2) });
        int confirmed = 0;
        for (int port = 1; port <= 1000; port++)
        {
            TrackedPacket tracked = Tracking.Track(table, TestPacket.Udp(Client, Service, port, 53), 0);
            confirmed += table.Confirm(tracked.Id, 0) ? 1 : 0;
            Assert.True(port > 26 || confirmed == port);
        }

        // Every connection has two links in the one chain.
        Assert.InRange(table.Count, 26, 41);
        Assert.Equal((confirmed, 1000 - confirmed, 1000 - confirmed), (table.Count, table.ChainTooLong, table.InsertFailed));
    }

    [Fact]
    public void A_timeout_of_a_month_is_one_of_24_days()
    {
        using ConntrackTable table = new(new ConntrackOptions { UdpTimeout = 30 * 86_400, Max = 10 });
        TestPacket packet = TestPacket.Udp(Client, Service);
        Assert.Equal(TrackedAs.New, Tracking.See(table, packet, 0));
        Assert.Equal(TrackedAs.Established, Tracking.See(table, Tracking.Answer(packet), 24L * 86_400_000));
    }

    private static ConntrackTable Table() => new(new ConntrackOptions { Max = 10, HashKey = (1, 2) });

    private static void Send(ConntrackTable table, TrackedPacket packet, string backend)
    {
        Assert.Equal(TrackedAs.New, packet.State);
        table.Bind(packet.Id, destination: true, NatChoice.To(Tracking.Address(backend)), 0);
    }
}
