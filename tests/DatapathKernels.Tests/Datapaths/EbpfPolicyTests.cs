using System.Net;
using DatapathKernels.Datapaths;
using DatapathKernels.Datapaths.Policy;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using Xunit;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>An eBPF node asks its policy about every connection again once the policy changed, and about no packet of one in between.</summary>
public sealed class EbpfPolicyTests : IDisposable
{
    private static readonly PolicyKey Entry = new(1, PolicyDirection.Egress, 300);

    private readonly NodeNetwork _network = new(default);
    private readonly IdentityPolicy _policy = new(new IdentityPolicyOptions { AddressesV4 = 8, Endpoints = 2, Entries = 8 });
    private readonly EbpfDatapath _node;
    private readonly PacketArena _arena = new(2, 512, 128);

    public EbpfPolicyTests()
    {
        _network.AddRoute(IPNetwork.Parse("0.0.0.0/0"), new RouteTarget(RouteTargetKind.Gateway, default, 1));
        _node = new EbpfDatapath(_network, new EbpfOptions { Connections = 64, Services = 64, Translations = 64, HasV6 = false }, _policy);
        _node.SetService(new EbpfService(IPAddress.Parse("10.96.0.10"), 80, IpProtocol.Tcp, [new IPEndPoint(IPAddress.Parse("10.1.0.5"), 8080)]));
        _policy.SetAddress(IPNetwork.Parse("10.0.0.1/32"), 200, 1);
        _policy.SetAddress(IPNetwork.Parse("10.1.0.5/32"), 300);
        _policy.SetIsolated(1, PolicyDirection.Egress, true);
        _policy.SetEntry(Entry, PolicyAction.Allow);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(3_000_000)]
    public void What_is_forbidden_stops_at_once_and_goes_on_when_it_is_allowed_again(long laterMs)
    {
        long now = 1000;
        Assert.True(Passes(now, TcpFlags.Syn));
        Assert.True(Passes(now += laterMs, TcpFlags.Ack));
        Assert.True(Passes(now += laterMs, TcpFlags.Ack));
        _policy.RemoveEntry(Entry);
        Assert.False(Passes(now, TcpFlags.Ack));
        Assert.False(Passes(now += laterMs, TcpFlags.Ack));
        _policy.SetEntry(Entry, PolicyAction.Allow);
        Assert.True(Passes(now, TcpFlags.Ack));
        Assert.True(Passes(now += laterMs, TcpFlags.Ack));
        _policy.SetEntry(Entry, PolicyAction.Deny);
        Assert.False(Passes(now, TcpFlags.Ack));
    }

    [Fact]
    public void Answers_keep_a_connection_alive_and_say_nothing_of_the_policy()
    {
        Assert.True(Passes(1000, TcpFlags.Syn));
        Assert.True(Passes(2000, TcpFlags.Ack));
        _policy.RemoveEntry(Entry);
        Assert.True(Answers(3000));
        Assert.True(Answers(9000));
        Assert.False(Passes(9000, TcpFlags.Ack));
        Assert.False(Passes(20_000, TcpFlags.Ack));
    }

    [Fact]
    public void Whose_an_address_is_and_who_is_isolated_count_as_changes()
    {
        Assert.True(Passes(1000, TcpFlags.Syn));
        Assert.True(Passes(5000, TcpFlags.Ack));
        _policy.SetAddress(IPNetwork.Parse("10.1.0.5/32"), 301);
        Assert.False(Passes(9000, TcpFlags.Ack));
        _policy.SetIsolated(1, PolicyDirection.Egress, false);
        Assert.True(Passes(9000, TcpFlags.Ack));
        _policy.SetIsolated(1, PolicyDirection.Egress, true);
        Assert.False(Passes(9000, TcpFlags.Ack));
        _policy.RemoveAddress(IPNetwork.Parse("10.0.0.1/32"));
        Assert.True(Passes(9000, TcpFlags.Ack));
    }

    public void Dispose()
    {
        _node.Dispose();
        _policy.Dispose();
        _network.Dispose();
        _arena.Dispose();
    }

    private bool Passes(long nowMs, TcpFlags flags) =>
        Goes(nowMs, new FrameSpec { Source = "10.0.0.1", Destination = "10.96.0.10", SourcePort = 1000, DestinationPort = 80, Protocol = IpProtocol.Tcp, TcpFlags = flags });

    private bool Answers(long nowMs) =>
        Goes(nowMs, new FrameSpec { Source = "10.1.0.5", Destination = "10.0.0.1", SourcePort = 8080, DestinationPort = 1000, Protocol = IpProtocol.Tcp, TcpFlags = TcpFlags.Ack });

    /// <summary>Twice in one burst.</summary>
    private bool Goes(long nowMs, FrameSpec frame)
    {
        PacketFate[] fates = new PacketFate[2];
        _arena.Clear();
        _arena.TryAdd(frame.ToBytes());
        _arena.TryAdd(frame.ToBytes());
        _node.Process(_arena.Burst(0), 7, nowMs, fates);
        Assert.Equal(fates[0], fates[1]);
        Assert.True(fates[0].Kind == FateKind.Forwarded || fates[0].Reason == DropReason.Policy);
        return fates[0].Kind == FateKind.Forwarded;
    }
}
