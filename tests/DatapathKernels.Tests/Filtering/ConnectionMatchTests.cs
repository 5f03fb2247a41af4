using DatapathKernels.Filtering;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using Xunit;
using static DatapathKernels.Tests.Filtering.MatcherHarness;

namespace DatapathKernels.Tests.Filtering;

/// <summary>conntrack in full: tuples, direction, expiry, and packets without a connection.</summary>
public class ConnectionMatchTests
{
    private static readonly TestPacket Syn = TestPacket.Tcp("10.1.2.3", "10.244.1.7");
    private static readonly ConnectionRecord Record = new()
    {
        Original = ConnectionTuple.From(new FlowKeyV4(Be("10.1.2.3"), Be("10.96.0.10"), Be(40000), Be(80), IpProtocol.Tcp)),
        Reply = ConnectionTuple.From(new FlowKeyV4(Be("10.244.1.7"), Be("10.1.2.3"), Be(8080), Be(40000), IpProtocol.Tcp)),
        Protocol = IpProtocol.Tcp,
        ExpiresInSeconds = 100,
    };

    [Theory]
    [InlineData("--ctproto tcp", true)]
    [InlineData("--ctproto 17", false)]
    [InlineData("--ctorigsrc 10.1.2.3", true)]
    [InlineData("--ctorigsrc 10.2.0.0/16", false)]
    [InlineData("--ctorigdst 10.96.0.0/12", true)]
    [InlineData("--ctreplsrc 10.244.0.0/255.255.0.0", true)]
    [InlineData("--ctrepldst 10.1.2.4", false)]
    [InlineData("--ctorigsrcport 40000", true)]
    [InlineData("--ctorigdstport 80:90", true)]
    [InlineData("--ctreplsrcport 80", false)]
    [InlineData("--ctrepldstport 40000", true)]
    [InlineData("--ctexpire 100:200", true)]
    [InlineData("--ctexpire 99", false)]
    public void A_test_of_the_record_and_its_negation(string words, bool expected)
    {
        Assert.Equal(expected, Fits(words, Record, ConnectionStates.Established));
        Assert.Equal(!expected, Fits("! " + words, Record, ConnectionStates.Established));
        Assert.False(Fits(words, Record, ConnectionStates.Invalid));
        Assert.False(Fits("! " + words, Record, ConnectionStates.Invalid));
    }

    [Fact]
    public void Direction()
    {
        Assert.True(Fits("--ctdir ORIGINAL", Record, ConnectionStates.New));
        Assert.False(Fits("--ctdir REPLY", Record, ConnectionStates.New));
        Assert.True(Fits("--ctdir REPLY", Record with { IsReply = true }, ConnectionStates.Established));
    }

    [Fact]
    public void Every_option_together()
    {
        const string Words = "--ctstate NEW,DNAT --ctproto 6 --ctorigsrc 10.1.2.3 --ctorigdst 10.96.0.10 --ctreplsrc 10.244.1.7"
            + " --ctrepldst 10.1.2.3 --ctorigsrcport 40000 --ctorigdstport 80 --ctreplsrcport 8080 --ctrepldstport 40000"
            + " ! --ctstatus ASSURED --ctexpire 1:1000 --ctdir ORIGINAL";
        Assert.True(Fits(Words, Record, ConnectionStates.New));
        Assert.False(Fits(Words, Record with { IsReply = true }, ConnectionStates.New));
    }

    [Fact]
    public void A_packet_without_a_connection_fits_when_its_state_does()
    {
        Assert.True(Fits("--ctstate INVALID --ctstatus ASSURED --ctorigdstport 1", Record, ConnectionStates.Invalid));
        Assert.False(Fits("--ctstate NEW --ctstatus ASSURED", Record, ConnectionStates.Invalid));
        Assert.False(Fits("--ctstatus ASSURED", Record, ConnectionStates.Invalid));
    }

    [Fact]
    public void Without_a_record_nothing_fits()
    {
        PacketMeta meta = new() { State = ConnectionStates.New };
        Assert.False(Matches("-m conntrack --ctproto 6", Syn, meta));
        Assert.False(Matches("-m conntrack ! --ctproto 6", Syn, meta));
    }

    [Fact]
    public void A_whole_way_asks_the_connection_state()
    {
        string text = Rulesets.Table("filter", ["FORWARD"], "-A FORWARD -m conntrack --ctorigdst 10.96.0.10 -j DROP");
        using LinearMatcher matcher = new(Rulesets.Parse(text), Node);
        PacketMeta meta = new() { State = ConnectionStates.New };
        PacketRandom random = new(1);
        GivenConnectionState known = new(Record), unknown = default;
        matcher.Traverse(Syn.Bytes, Syn.Info, ref meta, ref random, ref known, out PacketVerdict verdict);
        Assert.Equal(VerdictKind.Drop, verdict.Kind);
        matcher.Traverse(Syn.Bytes, Syn.Info, ref meta, ref random, ref unknown, out verdict);
        Assert.Equal(VerdictKind.Accept, verdict.Kind);
    }

    [Fact]
    public void Packet_meta_stays_small() => Assert.Equal(32, System.Runtime.CompilerServices.Unsafe.SizeOf<PacketMeta>());

    private static bool Fits(string words, ConnectionRecord record, ConnectionStates state)
    {
        using LinearMatcher matcher = Filter($"-A INPUT -m conntrack {words} -j DROP");
        matcher.Find(TableKind.Filter, "INPUT", out ChainId chain);
        PacketMeta meta = new() { State = state, Status = ConnectionStatuses.DestinationNat };
        PacketRandom random = new(1);
        matcher.Evaluate(chain, Syn.Bytes, Syn.Info, ref meta, record, ref random, out PacketVerdict verdict);
        return verdict.Kind == VerdictKind.Drop;
    }

    private static uint Be(string address) => BitConverter.ToUInt32(System.Net.IPAddress.Parse(address).GetAddressBytes());

    private static ushort Be(int port) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((ushort)port);
}
