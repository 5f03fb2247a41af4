using System.Text;
using DatapathKernels.Datapaths;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using Xunit;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>Rules that ask an established packet for its destination's sets or its interfaces, and nothing else, are answered from what was asked before.</summary>
public class SettledDestinationTests
{
    private const string Rules = """
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD ACCEPT [0:0]
        :FILTER - [0:0]
        :POD - [0:0]
        -A INPUT -j FILTER
        -A INPUT -p udp -m set --match-set CLOSED dst,dst -j DROP
        -A FILTER -m set --match-set PORTS dst,dst -j RETURN
        -A FILTER -m set ! --match-set ADDRESSES dst -j ACCEPT
        -A FILTER -m conntrack --ctstate NEW -m set --match-set ADDRESSES dst -j REJECT
        -A FORWARD -j MARK --set-xmark 0x0/0x70000
        -A FORWARD -i cali+ -g POD
        -A FORWARD -o eth0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A FORWARD -o eth1 -j DROP
        -A POD -i cali1 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A POD -j DROP
        COMMIT
        """;

    private readonly IpSet _ports = new("PORTS", IpSetKind.HashIpPort);
    private readonly IpSet _addresses = new("ADDRESSES", IpSetKind.HashIp);
    private readonly IpSet _closed = new("CLOSED", IpSetKind.HashIpPort);

    public SettledDestinationTests()
    {
        Add(_ports, "10.0.0.1", 80);
        _addresses.TryAdd(new IpSetEntry(Address("10.0.0.1")), 0);
        Add(_closed, "10.0.0.3", 53, IpProtocol.Udp);
    }

    [Theory]
    [InlineData(Hook.Input, "10.0.0.1", 80, IpProtocol.Tcp, "", "")]
    [InlineData(Hook.Input, "10.0.0.1", 81, IpProtocol.Tcp, "", "")]
    [InlineData(Hook.Input, "10.0.0.1", 80, IpProtocol.Udp, "", "")]
    [InlineData(Hook.Input, "10.0.0.2", 80, IpProtocol.Tcp, "", "")]
    [InlineData(Hook.Input, "10.0.0.3", 53, IpProtocol.Udp, "", "")]
    [InlineData(Hook.Forward, "10.0.0.1", 80, IpProtocol.Tcp, "", "")]
    [InlineData(Hook.Forward, "10.0.0.1", 80, IpProtocol.Tcp, "cali1", "")]
    [InlineData(Hook.Forward, "10.0.0.1", 80, IpProtocol.Tcp, "cali2", "eth0")]
    [InlineData(Hook.Forward, "10.0.0.1", 80, IpProtocol.Tcp, "eth0", "eth0")]
    [InlineData(Hook.Forward, "10.0.0.1", 80, IpProtocol.Tcp, "eth0", "eth1")]
    public void Answers_and_counters_are_those_of_walks(Hook hook, string to, ushort port, IpProtocol protocol, string from, string through)
    {
        using LinearMatcher settled = Matcher(), walked = Matcher();
        settled.Settle();
        for (int round = 0; round < 3; round++)
        {
            bool passes = settled.TryPassSettled(hook, Packet(settled, to, port, protocol, from, through), 40);
            bool accepts = Walk(walked, hook, to, port, protocol, from, through);
            Assert.False(passes && !accepts);
            if (!passes)
                Assert.False(accepts);
            else
                Assert.Equal(IptablesSaveWriter.Write(walked.Snapshot(), counters: true), IptablesSaveWriter.Write(settled.Snapshot(), counters: true));
        }

        Assert.False(settled.IsSettled(hook));
    }

    [Fact]
    public void A_set_that_changes_is_asked_again()
    {
        using LinearMatcher matcher = Matcher();
        matcher.Settle();
        SettledPacket packet = Packet(matcher, "10.0.0.4", 53, IpProtocol.Udp, "", "");
        Assert.True(matcher.IsSettled(Hook.Input, packet));
        Add(_ports, "10.0.0.4", 53, IpProtocol.Udp);
        Add(_closed, "10.0.0.4", 53, IpProtocol.Udp);
        Assert.False(matcher.IsSettled(Hook.Input, packet));
        _closed.Remove(Entry("10.0.0.4", 53, IpProtocol.Udp));
        Assert.True(matcher.IsSettled(Hook.Input, packet));
        Add(_closed, "10.0.0.4", 53, IpProtocol.Udp);
        Assert.False(matcher.IsSettled(Hook.Input, packet));
        _closed.Clear();
        Assert.True(matcher.IsSettled(Hook.Input, packet));
    }

    [Fact]
    public void Sets_whose_entries_leave_with_time_are_asked_every_time()
    {
        using LinearMatcher matcher = Matcher();
        matcher.Settle();
        SettledPacket packet = Packet(matcher, "10.0.0.1", 80, IpProtocol.Tcp, "", "");
        Assert.True(matcher.IsSettled(Hook.Input, packet));
        _addresses.TryAdd(new IpSetEntry(Address("10.0.0.9")), 0, timeoutSeconds: 5);
        Assert.False(matcher.IsSettled(Hook.Input, packet));
        matcher.Settle();
        Assert.False(matcher.IsSettled(Hook.Input, Packet(matcher, "10.0.0.2", 80, IpProtocol.Tcp, "", "")));
    }

    private LinearMatcher Matcher()
    {
        IpSetCollection sets = new();
        sets.Add(_ports);
        sets.Add(_addresses);
        sets.Add(_closed);
        return new LinearMatcher(IptablesSaveParser.Parse(Encoding.UTF8.GetBytes(Rules), null, out _), new MatcherOptions { Sets = sets, Interfaces = ["cali1", "cali2", "eth0", "eth1"] });
    }

    private static bool Walk(LinearMatcher matcher, Hook hook, string to, ushort port, IpProtocol protocol, string from, string through)
    {
        byte[] frame = new FrameSpec { Destination = to, DestinationPort = port, Protocol = protocol, TcpFlags = TcpFlags.Ack, Payload = new byte[protocol == IpProtocol.Udp ? 12 : 0] }.ToBytes();
        FlowParser.Parse(frame, out _, out _, out PacketInfo info);
        Assert.Equal(40u, info.L3Length);
        PacketMeta meta = new() { State = ConnectionStates.Established, InInterface = matcher.InterfaceId(from), OutInterface = matcher.InterfaceId(through) };
        PacketRandom random = new(1);
        GivenConnectionState given = default;
        matcher.RunHook(hook, frame, info, ref meta, ref random, ref given, out PacketVerdict verdict);
        return verdict.Kind == VerdictKind.Accept;
    }

    private static SettledPacket Packet(LinearMatcher matcher, string to, ushort port, IpProtocol protocol, string from, string through)
    {
        uint addressBe = BitConverter.ToUInt32(System.Net.IPAddress.Parse(to).GetAddressBytes());
        ushort portBe = (ushort)System.Net.IPAddress.HostToNetworkOrder((short)port);
        return new SettledPacket(addressBe, portBe, protocol, matcher.InterfaceId(from), matcher.InterfaceId(through));
    }

    private static void Add(IpSet set, string address, ushort port, IpProtocol protocol = IpProtocol.Tcp) => set.TryAdd(Entry(address, port, protocol), 0);

    private static IpSetEntry Entry(string address, ushort port, IpProtocol protocol) => new(Address(address), Protocol: protocol, Port: port);

    private static UInt128 Address(string text) => System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(System.Net.IPAddress.Parse(text).GetAddressBytes());
}
