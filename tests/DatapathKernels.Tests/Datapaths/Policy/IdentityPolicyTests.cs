using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DatapathKernels.Datapaths.Policy;
using DatapathKernels.Maps;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Datapaths.Policy;

/// <summary>The policy map by itself: precedence, both ends, bursts, errors.</summary>
public class IdentityPolicyTests
{
    private const uint Web = 300, Db = 301;

    private static readonly IdentityPolicyOptions Room = new() { AddressesV4 = 64, AddressesV6 = 64, Endpoints = 8, Entries = 64 };

    [Fact]
    public void The_longest_prefix_gives_an_address_its_identity()
    {
        using IdentityPolicy policy = new(Room);
        Assert.Equal(ReservedIdentities.World, policy.IdentityOf(V4("10.0.0.1")));
        Set(policy, "10.0.0.0/8", 1000);
        Set(policy, "10.0.0.1/32", Web, 1);
        Set(policy, "fd00::/16", 1001);
        Assert.Equal((Web, 1000u, ReservedIdentities.World), (policy.IdentityOf(V4("10.0.0.1")), policy.IdentityOf(V4("10.0.0.2")), policy.IdentityOf(V4("11.0.0.1"))));
        Assert.Equal((1001u, ReservedIdentities.World), (policy.IdentityOf(V6("fd00::1")), policy.IdentityOf(V6("fe80::1"))));
        Set(policy, "10.0.0.1/32", Db, 1);
        Assert.Equal((Db, 3), (policy.IdentityOf(V4("10.0.0.1")), policy.AddressCount));
        Assert.Equal(MapError.Ok, policy.RemoveAddress(IPNetwork.Parse("10.0.0.1/32")));
        Assert.Equal(MapError.NotFound, policy.RemoveAddress(IPNetwork.Parse("10.0.0.1/32")));
        Assert.Equal((1000u, 2), (policy.IdentityOf(V4("10.0.0.1")), policy.AddressCount));
    }

    [Theory]
    [InlineData("", PolicyDecision.IngressNotAllowed)]
    [InlineData("web tcp 80/16", PolicyDecision.Allowed)]
    [InlineData("db tcp 80/16", PolicyDecision.IngressNotAllowed)]
    [InlineData("web udp 80/16", PolicyDecision.IngressNotAllowed)]
    [InlineData("web tcp 64/10", PolicyDecision.Allowed)]
    [InlineData("web tcp 96/11", PolicyDecision.IngressNotAllowed)]
    [InlineData("web tcp 0/0", PolicyDecision.Allowed)]
    [InlineData("web all 0/0", PolicyDecision.Allowed)]
    [InlineData("any tcp 80/16", PolicyDecision.Allowed)]
    [InlineData("any all 0/0", PolicyDecision.Allowed)]
    // A deny wins, whichever of the two matches finds it.
    [InlineData("any all 0/0,web tcp 80/16 deny", PolicyDecision.IngressDenied)]
    [InlineData("any tcp 80/16,web all 0/0 deny", PolicyDecision.IngressDenied)]
    [InlineData("web tcp 80/16,any all 0/0 deny", PolicyDecision.IngressDenied)]
    [InlineData("web tcp 80/16,any tcp 64/10 deny", PolicyDecision.IngressDenied)]
    // Of the entries of one identity, the longest decides.
    [InlineData("web tcp 80/16,web tcp 64/10 deny", PolicyDecision.Allowed)]
    [InlineData("web tcp 80/16 deny,web tcp 64/10", PolicyDecision.IngressDenied)]
    [InlineData("web tcp 0/0,web all 0/0 deny", PolicyDecision.Allowed)]
    [InlineData("any tcp 64/10 deny,any tcp 80/16", PolicyDecision.Allowed)]
    public void Entries_by_precedence(string entries, PolicyDecision expected)
    {
        using IdentityPolicy policy = WebAndDb();
        policy.SetIsolated(2, PolicyDirection.Ingress, true);
        foreach (string entry in entries.Split(',', StringSplitOptions.RemoveEmptyEntries))
            Assert.Equal(MapError.Ok, policy.SetEntry(KeyOf(2, entry), entry.EndsWith("deny", StringComparison.Ordinal) ? PolicyAction.Deny : PolicyAction.Allow));
        Assert.Equal(expected, policy.Decide(Flow("10.0.0.1", "10.0.0.2", IpProtocol.Tcp, 80)));
        Assert.Equal(expected, policy.Decide(FlowV6("fd00::1", "fd00::2", IpProtocol.Tcp, 80)));
    }

    [Fact]
    public void Each_end_is_asked_by_its_own_direction()
    {
        using IdentityPolicy policy = WebAndDb();
        FlowKeyV4 flow = Flow("10.0.0.1", "10.0.0.2", IpProtocol.Tcp, 80);
        policy.SetIsolated(1, PolicyDirection.Ingress, true);
        policy.SetIsolated(2, PolicyDirection.Egress, true);
        Assert.Equal(PolicyDecision.Allowed, policy.Decide(flow));
        policy.SetIsolated(1, PolicyDirection.Egress, true);
        Assert.Equal(PolicyDecision.EgressNotAllowed, policy.Decide(flow));
        PolicyKey key = new(1, PolicyDirection.Egress, Db);
        policy.SetEntry(key, PolicyAction.Deny);
        Assert.Equal(PolicyDecision.EgressDenied, policy.Decide(flow));
        policy.SetEntry(key, PolicyAction.Allow);
        Assert.Equal(PolicyDecision.Allowed, policy.Decide(flow));
        policy.SetIsolated(2, PolicyDirection.Ingress, true);
        Assert.Equal(PolicyDecision.IngressNotAllowed, policy.Decide(flow));
        Assert.Equal((MapError.Ok, MapError.NotFound), (policy.RemoveEntry(key), policy.RemoveEntry(key)));
        Assert.Equal(PolicyDecision.EgressNotAllowed, policy.Decide(flow));
        policy.SetIsolated(1, PolicyDirection.Egress, false);
        policy.SetIsolated(2, PolicyDirection.Ingress, false);
        Assert.Equal(PolicyDecision.Allowed, policy.Decide(flow));
    }

    [Fact]
    public void A_pod_is_never_kept_from_itself()
    {
        using IdentityPolicy policy = WebAndDb();
        policy.SetIsolated(1, PolicyDirection.Egress, true);
        policy.SetIsolated(1, PolicyDirection.Ingress, true);
        Assert.Equal(PolicyDecision.Allowed, policy.Decide(Flow("10.0.0.1", "10.0.0.1", IpProtocol.Tcp, 80)));
        Assert.Equal(PolicyDecision.Allowed, policy.Decide(FlowV6("fd00::1", "fd00::1", IpProtocol.Tcp, 80)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    public void A_burst_is_the_loop(int count)
    {
        Random random = new(count);
        using IdentityPolicy policy = WebAndDb();
        policy.SetIsolated(2, PolicyDirection.Ingress, true);
        policy.SetEntry(KeyOf(2, "web tcp 64/10"), PolicyAction.Allow);
        policy.SetEntry(KeyOf(2, "any udp 0/0"), PolicyAction.Deny);
        FlowKeyV4[] v4 = [.. Enumerable.Range(0, count).Select(_ => Flow($"10.0.0.{random.Next(1, 4)}", $"10.0.0.{random.Next(1, 4)}", Protocol(), random.Next(128)))];
        FlowKeyV6[] v6 = [.. Enumerable.Range(0, count).Select(_ => FlowV6($"fd00::{random.Next(1, 4)}", $"fd00::{random.Next(1, 4)}", Protocol(), random.Next(128)))];
        PolicyDecision[] decisions = new PolicyDecision[count];
        ulong allowed = policy.DecideBurst(v4, decisions);
        Assert.Equal(v4.Select(key => policy.Decide(key)), decisions);
        Assert.Equal(decisions.Select(d => d == PolicyDecision.Allowed), Enumerable.Range(0, count).Select(i => (allowed >> i & 1) != 0));
        allowed = policy.DecideBurst(v6, decisions);
        Assert.Equal(v6.Select(key => policy.Decide(key)), decisions);
        Assert.Equal(decisions.Select(d => d == PolicyDecision.Allowed), Enumerable.Range(0, count).Select(i => (allowed >> i & 1) != 0));

        IpProtocol Protocol() => random.Next(2) == 0 ? IpProtocol.Tcp : IpProtocol.Udp;
    }

    [Fact]
    public void What_it_does_not_hold_it_says()
    {
        using IdentityPolicy policy = new(new IdentityPolicyOptions { AddressesV4 = 1, Endpoints = 1, Entries = 1 });
        Assert.Equal(MapError.Invalid, policy.SetAddress(IPNetwork.Parse("fd00::/16"), 5));
        Assert.Equal(MapError.Invalid, policy.RemoveAddress(IPNetwork.Parse("fd00::/16")));
        Assert.Equal(MapError.Invalid, policy.SetAddress(IPNetwork.Parse("10.0.0.0/8"), ReservedIdentities.Any));
        Assert.Equal(MapError.Invalid, policy.SetAddress(IPNetwork.Parse("10.0.0.0/8"), 5, endpoint: 2));
        Set(policy, "10.0.0.0/8", 5);
        Assert.Equal(MapError.NoSpace, policy.SetAddress(IPNetwork.Parse("11.0.0.0/8"), 5));
        Assert.Equal(MapError.Invalid, policy.SetIsolated(0, PolicyDirection.Ingress, true));
        Assert.Equal(MapError.Invalid, policy.SetIsolated(2, PolicyDirection.Ingress, true));
        Assert.Equal(MapError.Invalid, policy.SetEntry(new(2, PolicyDirection.Ingress, 5), PolicyAction.Allow));
        Assert.Equal(MapError.Invalid, policy.SetEntry(new(1, PolicyDirection.Ingress, 5), PolicyAction.None));
        Assert.Equal(MapError.Invalid, policy.SetEntry(new(1, PolicyDirection.Ingress, 5, 0, 80, 16), PolicyAction.Allow));
        Assert.Equal(MapError.Ok, policy.SetEntry(new(1, PolicyDirection.Ingress, 5), PolicyAction.Allow));
        Assert.Equal(MapError.TooBig, policy.SetEntry(new(1, PolicyDirection.Ingress, 6), PolicyAction.Allow));
        Assert.Equal((1, 1), (policy.EntryCount, policy.AddressCount));
        Assert.Equal(ReservedIdentities.World, policy.IdentityOf(V6("fd00::1")));
        Assert.Throws<ArgumentException>(() => policy.DecideBurst(new FlowKeyV4[65], new PolicyDecision[65]));
        Assert.Throws<ArgumentException>(() => policy.DecideBurst(new FlowKeyV6[2], new PolicyDecision[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IdentityPolicy(new IdentityPolicyOptions { Endpoints = -1 }));
        policy.Dispose();
        Assert.Throws<ObjectDisposedException>(() => policy.Decide(Flow("10.0.0.1", "11.0.0.1", IpProtocol.Tcp, 1)));
    }

    [Fact]
    public void A_key_is_16_bytes_and_says_what_it_matches()
    {
        Assert.Equal(16, Unsafe.SizeOf<PolicyKey>());
        PolicyKey key = new(7, PolicyDirection.Egress, 256, IpProtocol.Tcp, 8079, 10);
        Assert.Equal("endpoint 7 Egress identity 256 Tcp 8064/10", key.ToString());
        Assert.True(key == new PolicyKey(7, PolicyDirection.Egress, 256, IpProtocol.Tcp, 8064, 10));
        Assert.True(key != new PolicyKey(7, PolicyDirection.Ingress, 256, IpProtocol.Tcp, 8064, 10));
    }

    [Fact]
    public void Deciding_allocates_nothing()
    {
        using IdentityPolicy policy = WebAndDb();
        policy.SetIsolated(2, PolicyDirection.Ingress, true);
        policy.SetEntry(KeyOf(2, "web tcp 64/10"), PolicyAction.Allow);
        FlowKeyV4[] v4 = [.. Enumerable.Repeat(Flow("10.0.0.1", "10.0.0.2", IpProtocol.Tcp, 80), 64)];
        FlowKeyV6[] v6 = [.. Enumerable.Repeat(FlowV6("fd00::1", "fd00::2", IpProtocol.Tcp, 80), 64)];
        PolicyDecision[] decisions = new PolicyDecision[64];
        Allocation.IsZero(() =>
        {
            policy.Decide(v4[0]);
            policy.Decide(v6[0]);
            policy.DecideBurst(v4, decisions);
            policy.DecideBurst(v6, decisions);
        });
    }

    private static IdentityPolicy WebAndDb()
    {
        IdentityPolicy policy = new(Room);
        Set(policy, "10.0.0.1/32", Web, 1);
        Set(policy, "10.0.0.2/32", Db, 2);
        Set(policy, "fd00::1/128", Web, 1);
        Set(policy, "fd00::2/128", Db, 2);
        return policy;
    }

    private static void Set(IdentityPolicy policy, string network, uint identity, uint endpoint = 0) =>
        Assert.Equal(MapError.Ok, policy.SetAddress(IPNetwork.Parse(network), identity, endpoint));

    private static PolicyKey KeyOf(uint endpoint, string entry)
    {
        string[] words = entry.Split(' '), port = words[2].Split('/');
        uint identity = words[0] switch { "web" => Web, "db" => Db, _ => ReservedIdentities.Any };
        IpProtocol protocol = words[1] switch { "tcp" => IpProtocol.Tcp, "udp" => IpProtocol.Udp, _ => 0 };
        return new(endpoint, PolicyDirection.Ingress, identity, protocol, ushort.Parse(port[0]), byte.Parse(port[1]));
    }

    private static FlowKeyV4 Flow(string source, string destination, IpProtocol protocol, int port) =>
        new(V4(source), V4(destination), 40000, Be(port), protocol);

    private static FlowKeyV6 FlowV6(string source, string destination, IpProtocol protocol, int port) =>
        new(V6(source), V6(destination), 40000, Be(port), protocol);

    private static ushort Be(int port) => (ushort)IPAddress.HostToNetworkOrder((short)port);

    private static uint V4(string address) => MemoryMarshal.Read<uint>(IPAddress.Parse(address).GetAddressBytes());

    private static IPv6Address V6(string address) => new(IPAddress.Parse(address).GetAddressBytes());
}
