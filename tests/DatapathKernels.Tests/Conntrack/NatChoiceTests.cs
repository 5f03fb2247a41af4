using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>Which translation a connection gets, by the order in which the kernel tries (<c>get_unique_tuple</c>).</summary>
public class NatChoiceTests
{
    private const string Client = "10.0.0.5", Wanted = "192.0.2.1", Other = "192.0.2.9";

    [Fact]
    public void A_source_that_is_as_wanted_stays_although_it_has_a_mapping()
    {
        using ConntrackTable table = Table();
        Bind(table, TestPacket.Udp(Client, "198.51.100.1", 4000, 53), From(Client, 7000, 7000));
        Assert.Equal((Client, 4000), Bind(table, TestPacket.Udp(Client, "198.51.100.2", 4000, 53), From(Client)));
    }

    [Fact]
    public void A_mapping_is_taken_again_when_it_is_as_wanted_be_it_not_the_latest()
    {
        using ConntrackTable table = Table();
        Bind(table, TestPacket.Udp(Client, "198.51.100.1", 4000, 53), From(Wanted, 7000, 7000));
        Bind(table, TestPacket.Udp(Client, "198.51.100.2", 4000, 53), From(Wanted, 9000, 9000));
        Bind(table, TestPacket.Udp(Client, "198.51.100.3", 4000, 53), From(Other));
        Assert.Equal((Wanted, 7000), Bind(table, TestPacket.Udp(Client, "198.51.100.4", 4000, 53), From(Wanted, 6000, 8000)));

        // Only ports are wanted: the latest mapping's address comes with its port.
        Assert.Equal((Wanted, 9000), Bind(table, TestPacket.Udp(Client, "198.51.100.5", 4000, 53), new NatChoice(false, default, new NatPortRange(true, 8500, 9500))));
    }

    [Fact]
    public void That_of_a_connection_whose_time_is_over_is_not()
    {
        using ConntrackTable table = Table();
        Bind(table, TestPacket.Udp(Client, "198.51.100.1", 4000, 53), From(Wanted, 7000, 7000));
        Assert.Equal((Wanted, 7000), Bind(table, TestPacket.Udp(Client, "198.51.100.2", 4000, 53), From(Wanted), 29_000));
        Assert.Equal((Wanted, 7000), Bind(table, TestPacket.Udp(Client, "198.51.100.3", 4000, 53), From(Wanted), 58_000));
        Assert.Equal((Wanted, 4000), Bind(table, TestPacket.Udp(Client, "198.51.100.4", 4000, 53), From(Wanted), 89_000));
    }

    [Fact]
    public void Random_draws_a_destination_port_of_a_range_too()
    {
        using ConntrackTable table = new(new ConntrackOptions { Max = 100, HashKey = (1, 2), PortDraws = () => 7 });
        TrackedPacket tracked = Tracking.Track(table, TestPacket.Tcp(Client, "198.51.100.1", 4000, 3000), 0);
        Assert.True(table.Bind(tracked.Id, destination: true, new NatChoice(true, Tracking.Address(Wanted), new NatPortRange(true, 3000, 3009), IsRandom: true), 0));
        table.Tuples(tracked.Id, out _, out FlowKeyV6 reply);
        Assert.Equal(3007, reply.SourcePort);
    }

    [Fact]
    public void Otherwise_a_destination_fills_its_range_from_the_front()
    {
        // As kernel 6.18 does: each of sixty datagrams of different clients went to the first port of the range.
        using ConntrackTable table = new(new ConntrackOptions { Max = 100, HashKey = (1, 2), PortDraws = () => 7 });
        NatChoice choice = new(true, Tracking.Address(Wanted), new NatPortRange(true, 21000, 21010));
        Assert.Equal(21000, Redirected(table, choice, 4000));
        Assert.Equal(21000, Redirected(table, choice, 4001));
        Assert.Equal(21007, Redirected(table, choice with { IsRandom = true }, 4002));
    }

    [Fact]
    public void And_takes_the_next_port_where_the_answers_would_meet_others()
    {
        using ConntrackTable table = Table();
        NatChoice choice = new(true, Tracking.Address(Wanted), new NatPortRange(true, 21000, 21010));
        Assert.True(table.Confirm(Tracking.Track(table, TestPacket.Udp(Client, Wanted, 4000, 21000), 0).Id, 0));
        Assert.Equal(21001, Redirected(table, choice, 4000));
    }

    [Fact]
    public void Random_ports_of_a_protocol_that_has_none_exhaust_nothing()
    {
        using ConntrackTable table = Table();
        TestPacket packet = TestPacket.Udp(Client, "198.51.100.1");
        packet.Bytes[9] = 50;
        TrackedPacket tracked = Tracking.Track(table, Tracking.Mended(packet.Bytes), 0);
        Assert.True(table.Bind(tracked.Id, destination: false, From(Wanted) with { IsRandom = true }, 0));
        Assert.Equal(0, table.PortsExhausted);
        Assert.True(table.Confirm(tracked.Id, 0));
    }

    [Fact]
    public void A_source_within_several_stays_and_a_mapping_into_them_is_taken_again()
    {
        using ConntrackTable table = Table();
        NatChoice among = From("192.0.2.7") with { Addresses = new NatAddressRange(Tracking.Address("192.0.2.0"), Tracking.Address("192.0.2.15")) };
        Assert.Equal(("192.0.2.3", 4000), Bind(table, TestPacket.Udp("192.0.2.3", "198.51.100.1", 4000, 53), among));
        Assert.Equal(("192.0.2.7", 4000), Bind(table, TestPacket.Udp(Client, "198.51.100.1", 4000, 53), among));

        // Another rule's mapping that lies among them comes before the address that is proposed.
        Bind(table, TestPacket.Udp("10.0.0.6", "198.51.100.1", 4001, 53), From("192.0.2.12"));
        Assert.Equal(("192.0.2.12", 4001), Bind(table, TestPacket.Udp("10.0.0.6", "198.51.100.2", 4001, 53), among));
        Assert.Equal(("192.0.2.7", 4001), Bind(table, TestPacket.Udp("10.0.0.7", "198.51.100.2", 4001, 53), among));
    }

    [Fact]
    public void A_random_port_comes_with_the_proposed_address()
    {
        using ConntrackTable table = Table();
        NatChoice among = From("192.0.2.7") with { Addresses = new NatAddressRange(Tracking.Address("192.0.2.0"), Tracking.Address("192.0.2.15")), IsRandom = true };
        Assert.Equal("192.0.2.7", Bind(table, TestPacket.Udp("192.0.2.3", "198.51.100.1", 4000, 53), among).Address);
    }

    /// <summary>The port that a client's datagram then goes to.</summary>
    private static int Redirected(ConntrackTable table, in NatChoice choice, ushort client)
    {
        TrackedPacket tracked = Tracking.Track(table, TestPacket.Udp(Client, "198.51.100.1", client, 3000), 0);
        Assert.True(table.Bind(tracked.Id, destination: true, choice, 0));
        Assert.True(table.Confirm(tracked.Id, 0));
        table.Tuples(tracked.Id, out _, out FlowKeyV6 reply);
        return reply.SourcePort;
    }

    private static ConntrackTable Table() => new(new ConntrackOptions { Max = 100, HashKey = (1, 2) });

    private static NatChoice From(string address) => NatChoice.To(Tracking.Address(address));

    private static NatChoice From(string address, ushort first, ushort last) => From(address) with { Ports = new NatPortRange(true, first, last) };

    /// <summary>The source that a new connection's packets then have.</summary>
    private static (string Address, int Port) Bind(ConntrackTable table, TestPacket packet, in NatChoice choice, long nowMs = 0)
    {
        TrackedPacket tracked = Tracking.Track(table, packet, nowMs);
        Assert.True(table.Bind(tracked.Id, destination: false, choice, nowMs));
        Assert.True(table.Confirm(tracked.Id, nowMs));
        table.Tuples(tracked.Id, out _, out FlowKeyV6 reply);
        return (reply.Destination.ToString().Replace("::ffff:", "", StringComparison.Ordinal), reply.DestinationPort);
    }
}
