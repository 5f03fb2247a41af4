using System.Net;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Formats.Iptables;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Filtering;

/// <summary>Sets, and rules that ask them.</summary>
public class IpSetTests
{
    private static readonly TestPacket Syn = TestPacket.Tcp("10.1.2.3", "10.96.0.10", 40000, 80);

    [Theory]
    [InlineData("src", true)]
    [InlineData("dst", false)]
    [InlineData("src,dst", true)]
    public void Addresses(string directions, bool expected)
    {
        IpSet set = new("S", IpSetKind.HashIp);
        Assert.Equal(IpSetStatus.Ok, set.TryAdd(new IpSetEntry(Ip("10.1.2.3")), 0));
        Assert.Equal(IpSetStatus.Exists, set.TryAdd(new IpSetEntry(Ip("10.1.2.3")), 0));
        Assert.Equal(IpSetStatus.Invalid, set.TryAdd(default, 0));
        Assert.Equal(expected, Fits(set, directions, Syn));
        Assert.Equal(!expected, Fits(set, directions, Syn, negated: true));
    }

    [Fact]
    public void The_longest_prefix_decides_and_may_be_an_exception()
    {
        IpSet set = new("S", IpSetKind.HashNet);
        set.TryAdd(Net("10.0.0.0/8"), 0);
        set.TryAdd(Net("10.1.0.0/16"), 0, noMatch: true);
        Assert.False(Fits(set, "src", Syn));
        Assert.True(Fits(set, "dst", Syn));
        Assert.True(Fits(set, "src", Syn, "--return-nomatch"));
        Assert.False(Fits(set, "dst", Syn, "--return-nomatch"));
        set.TryAdd(Net("10.1.2.0/24"), 0);
        Assert.True(Fits(set, "src", Syn));
        Assert.True(set.Remove(Net("10.1.2.0/24")));
        Assert.False(Fits(set, "src", Syn));
        Assert.False(Fits(set, "src", TestPacket.Tcp("11.1.2.3", "10.0.0.1")));
    }

    [Fact]
    public void Addresses_and_ports()
    {
        IpSet set = new("S", IpSetKind.HashIpPort);
        set.TryAdd(new IpSetEntry(Ip("10.96.0.10"), Protocol: IpProtocol.Tcp, Port: 80), 0);
        set.TryAdd(new IpSetEntry(Ip("10.96.0.10"), Protocol: IpProtocol.Icmp, Port: 8 << 8), 0);
        set.TryAdd(new IpSetEntry(Ip("10.96.0.10"), Protocol: IpProtocol.Gre), 0);
        Assert.True(Fits(set, "dst,dst", Syn));
        Assert.False(Fits(set, "dst,src", Syn));
        Assert.False(Fits(set, "dst", Syn));
        Assert.False(Fits(set, "dst,dst", TestPacket.Udp("10.1.2.3", "10.96.0.10", 40000, 80)));
        Assert.True(Fits(set, "dst,dst", TestPacket.Icmp("10.1.2.3", "10.96.0.10", 8)));
        Assert.False(Fits(set, "dst,dst", Syn.AsLaterFragment()));
        Assert.True(Fits(set, "dst,dst", Syn.AsLaterFragment(), negated: true));
    }

    [Fact]
    public void Three_parts_and_networks_with_ports()
    {
        IpSet loopback = new("S", IpSetKind.HashIpPortIp);
        loopback.TryAdd(new IpSetEntry(Ip("10.96.0.10"), 0, IpProtocol.Tcp, 80, Ip("10.1.2.3")), 0);
        Assert.True(Fits(loopback, "dst,dst,src", Syn));
        Assert.False(Fits(loopback, "dst,dst,dst", Syn));
        IpSet sources = new("S", IpSetKind.HashIpPortNet);
        sources.TryAdd(new IpSetEntry(Ip("10.96.0.10"), 0, IpProtocol.Tcp, 80, Ip("10.1.0.0"), 16), 0);
        Assert.True(Fits(sources, "dst,dst,src", Syn));
        Assert.False(Fits(sources, "dst,dst,src", TestPacket.Tcp("10.2.2.3", "10.96.0.10")));
        IpSet networks = new("S", IpSetKind.HashNetPort);
        networks.TryAdd(new IpSetEntry(Ip("10.96.0.0"), 12, IpProtocol.Tcp, 80), 0);
        Assert.True(Fits(networks, "dst,dst", Syn));
        Assert.False(Fits(networks, "src,dst", Syn));
    }

    [Fact]
    public void Bitmaps_hold_what_is_in_their_range()
    {
        IpSet ports = new("S", IpSetKind.BitmapPort, options: new IpSetOptions { First = 30000, Last = 32767 });
        Assert.Equal(IpSetStatus.OutOfRange, ports.TryAdd(IpSetEntry.OfPort(80), 0));
        Assert.Equal(IpSetStatus.Ok, ports.TryAdd(IpSetEntry.OfPort(30080), 0));
        Assert.True(Fits(ports, "dst", TestPacket.Udp("10.1.2.3", "10.0.0.1", 40000, 30080)));
        Assert.False(Fits(ports, "dst", TestPacket.Sctp("10.1.2.3", "10.0.0.1", 40000, 30080)));
        Assert.True(Fits(ports, "dst", TestPacket.Tcp("fd00::9", "fd00::1", 40000, 30080)));
        IpSet addresses = new("S", IpSetKind.BitmapIp, options: new IpSetOptions { First = Ip("10.1.0.0"), Last = Ip("10.1.255.255") });
        Assert.Equal(IpSetStatus.OutOfRange, addresses.TryAdd(new IpSetEntry(Ip("10.2.0.0")), 0));
        addresses.TryAdd(new IpSetEntry(Ip("10.1.2.3")), 0);
        Assert.True(Fits(addresses, "src", Syn));
    }

    [Fact]
    public void A_list_asks_its_members()
    {
        IpSet list = new("S", IpSetKind.ListSet), one = new("A", IpSetKind.HashIp), two = new("B", IpSetKind.HashIpPort);
        Assert.Equal(IpSetStatus.Ok, list.TryAddMember(one));
        Assert.Equal(IpSetStatus.Ok, list.TryAddMember(two));
        Assert.Equal(IpSetStatus.Exists, list.TryAddMember(one));
        Assert.Equal(IpSetStatus.Invalid, list.TryAddMember(list));
        Assert.False(Fits(list, "dst,dst", Syn));
        two.TryAdd(new IpSetEntry(Ip("10.96.0.10"), Protocol: IpProtocol.Tcp, Port: 80), 0);
        Assert.True(Fits(list, "dst,dst", Syn));
        Assert.False(Fits(list, "dst", Syn));
    }

    [Fact]
    public void Families_do_not_mix()
    {
        IpSet set = new("S", IpSetKind.HashIp, IpFamily.V6);
        set.TryAdd(new IpSetEntry(Ip("fd00::9")), 0);
        Assert.True(Fits(set, "src", TestPacket.Tcp("fd00::9", "fd00::1")));
        Assert.False(Fits(set, "src", Syn));
    }

    [Fact]
    public void Entries_leave_when_their_time_is_over()
    {
        IpSet set = new("S", IpSetKind.HashIp, options: new IpSetOptions { TimeoutSeconds = 10, MaxElements = 2 });
        IpSetEntry one = new(Ip("1.1.1.1")), two = new(Ip("1.1.1.2")), three = new(Ip("1.1.1.3"));
        set.TryAdd(one, 1000);
        set.TryAdd(two, 1000, timeoutSeconds: 0);
        Assert.True(set.Contains(one, 11_000));
        Assert.False(set.Contains(one, 11_001));
        Assert.True(set.Contains(two, long.MaxValue - 1));
        Assert.Equal(IpSetStatus.Full, set.TryAdd(three, 11_000));
        Assert.Equal(IpSetStatus.Ok, set.TryAdd(three, 11_001));
        Assert.Equal(IpSetStatus.Ok, set.TryAdd(three, 12_000, renew: true));
        Assert.True(set.Contains(three, 22_000));
    }

    [Fact]
    public void A_set_that_is_not_there_is_unknown()
    {
        string text = Rulesets.Table("filter", ["INPUT"], "-A INPUT -m set --match-set GONE src -j DROP");
        using LinearMatcher matcher = new(Rulesets.Parse(text));
        PacketMeta meta = default;
        PacketVerdict verdict = MatcherHarness.Run(matcher, Syn, ref meta);
        Assert.Equal(VerdictKind.UnknownMatch, verdict.Kind);
        Assert.Contains("no set GONE", matcher.Describe(verdict));
    }

    [Fact]
    public void Networks_agree_with_a_plain_search()
    {
        PacketRandom random = new(11);
        IpSet set = new("S", IpSetKind.HashNet);
        List<(IpNetwork Network, bool NoMatch)> all = [];
        for (int i = 0; i < 300; i++)
        {
            IpNetwork network = IpNetwork.FromPrefix(IpFamily.V4, random.Next() & 0x00ffffff, 1 + (int)(random.Next() % 32));
            bool noMatch = random.Next() % 4 == 0;
            if (set.TryAdd(IpSetEntry.Of(network), 0, noMatch: noMatch) == IpSetStatus.Ok)
                all.Add((network, noMatch));
            if (random.Next() % 3 == 0 && all.Count > 0)
            {
                int gone = (int)(random.Next() % (uint)all.Count);
                Assert.True(set.Remove(IpSetEntry.Of(all[gone].Network)));
                all.RemoveAt(gone);
            }
        }

        for (int i = 0; i < 5000; i++)
        {
            uint address = random.Next() & 0x00ffffff;
            bool expected = all.Where(e => e.Network.Contains(address)).OrderByDescending(e => e.Network.PrefixLength).Select(e => !e.NoMatch).FirstOrDefault();
            Assert.Equal(expected, set.Contains(new IpSetEntry(address), 0));
        }
    }

    [Fact]
    public void Asking_allocates_nothing()
    {
        IpSet set = new("S", IpSetKind.HashNet);
        set.TryAdd(Net("10.0.0.0/8"), 0);
        IpSetCollection sets = new();
        sets.Add(set);
        using LinearMatcher matcher = new(Rulesets.Parse(Rulesets.Table("filter", ["INPUT"], "-A INPUT -m set --match-set S src -j DROP")), new MatcherOptions { Sets = sets });
        matcher.Find(TableKind.Filter, "INPUT", out ChainId chain);
        PacketInfo info = Syn.Info;
        PacketRandom random = new(1);
        Allocation.IsZero(() =>
        {
            PacketMeta meta = default;
            matcher.Evaluate(chain, Syn.Bytes, info, ref meta, ref random, out _);
        });
    }

    private static bool Fits(IpSet set, string directions, TestPacket packet, string more = "", bool negated = false)
    {
        IpSetCollection sets = new();
        sets.Add(set);
        string family = packet.Bytes[0] >> 4 == 6 ? "ip6tables" : "iptables";
        string text = $"# Generated by {family}-save\n" + Rulesets.Table("filter", ["INPUT"], $"-A INPUT -m set {(negated ? "! " : "")}--match-set S {directions} {more} -j DROP");
        using LinearMatcher matcher = new(Rulesets.Parse(text), new MatcherOptions { Sets = sets });
        PacketMeta meta = default;
        return MatcherHarness.Run(matcher, packet, ref meta).Kind == VerdictKind.Drop;
    }

    private static UInt128 Ip(string text) => IpNetwork.ToNumber(IPAddress.Parse(text));

    private static IpSetEntry Net(string text)
    {
        string[] parts = text.Split('/');
        return IpSetEntry.Of(IpNetwork.FromPrefix(IpFamily.V4, Ip(parts[0]), int.Parse(parts[1])));
    }
}
