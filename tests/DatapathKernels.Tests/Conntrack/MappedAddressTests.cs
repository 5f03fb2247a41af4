using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>An IPv6 packet of IPv4-mapped addresses is not one of the IPv4 connection with the same tuple.</summary>
public class MappedAddressTests
{
    private const string Client = "192.0.2.1", Server = "10.0.0.1", MappedClient = "::ffff:192.0.2.1", MappedServer = "::ffff:10.0.0.1";

    [Fact]
    public void It_is_invalid_and_changes_nothing_in_a_burst_as_alone()
    {
        using ConntrackTable table = new(new ConntrackOptions { Max = 10 });
        Assert.Equal(TrackedAs.New, Tracking.See(table, Tracking.Segment(Client, Server, 4000, 80, Tracking.Syn, 100, 0), 0));
        Assert.Equal(TrackedAs.Established, Tracking.See(table, Tracking.Segment(Server, Client, 80, 4000, Tracking.SynAck, 500, 101), 0));
        Assert.Equal(TrackedAs.Established, Tracking.See(table, Tracking.Segment(Client, Server, 4000, 80, Tracking.Ack, 101, 501), 0));
        ConnectionView before = Tracking.All(table)[0];

        TestPacket strange = Tracking.Segment(MappedClient, MappedServer, 4000, 80, Tracking.Ack, 101, 501);
        FlowKeyV6 key = Tracking.KeyOf(strange, out PacketInfo info);
        Assert.Equal(before.Original, key);
        Assert.Equal(TrackedAs.Invalid, Tracking.See(table, strange, 1000));
        using PacketArena arena = new(1, 512);
        arena.TryAdd(strange.Bytes, LinkType.Raw);
        TrackedPacket[] results = new TrackedPacket[1];
        table.TrackBurst(arena.Burst(0), [info], [key], 1000, results);
        Assert.Equal(TrackedAs.Invalid, results[0].State);
        Assert.Equal((before, 2), (Tracking.All(table)[0], table.Invalid));
    }

    [Fact]
    public void Neither_is_an_ICMPv6_error_about_such_a_packet_related_to_it()
    {
        using ConntrackTable table = new(new ConntrackOptions { Max = 10 });
        Assert.Equal(TrackedAs.New, Tracking.See(table, TestPacket.Udp(Client, Server), 0));
        TestPacket quoted = TestPacket.Udp(MappedClient, MappedServer);
        byte[] answer = new byte[1280];
        int length = IcmpErrorWriter.Write(quoted.Bytes, quoted.Info, quoted.Bytes.Length, 1, 4, 0, Tracking.Address("2001:db8::1"), answer);
        Assert.True(length > 0);
        Assert.Equal(TrackedAs.Invalid, Tracking.See(table, new TestPacket { Bytes = answer[..length] }, 0));
    }
}
