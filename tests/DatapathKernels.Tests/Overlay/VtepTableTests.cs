using System.Net;
using DatapathKernels.Maps;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>What is behind which remote.</summary>
public class VtepTableTests
{
    private static readonly VtepTableOptions Small = new() { Remotes = 2, Prefixes = 8, Macs = 8, Networks = 2 };
    private static readonly MacAddress Pod = new([2, 0, 0, 0, 0, 1]);

    [Fact]
    public void Prefixes_lead_to_remotes_the_longest_first()
    {
        using VtepTable table = Table();
        Assert.Equal(MapError.Ok, table.SetPrefix(IPNetwork.Parse("10.244.0.0/16"), 0));
        Assert.Equal(MapError.Ok, table.SetPrefix(IPNetwork.Parse("10.244.3.0/24"), 1));
        Assert.Equal(MapError.Ok, table.SetPrefix(IPNetwork.Parse("fd00:3::/64"), 1));
        Assert.Equal(MapError.NotFound, table.SetPrefix(IPNetwork.Parse("10.9.0.0/16"), 2));
        Assert.True(table.TryFind(Be("10.244.3.77"), out uint remote));
        Assert.Equal((1u, "192.0.2.2"), (remote, new IPAddress(BitConverter.GetBytes(IPv6Address.FirstWord(table[remote].Address))).ToString()));
        Assert.True(table.TryFind(Be("10.244.4.1"), out remote));
        Assert.Equal(0u, remote);
        Assert.False(table.TryFind(Be("10.245.0.1"), out _));
        Assert.True(table.TryFind(FrameSpec.Ipv6("fd00:3::9"), out remote));
        Assert.False(table.TryFind(FrameSpec.Ipv6("fd00:4::9"), out _));

        uint[] found = new uint[3];
        table.FindBurst([Be("10.244.3.1"), Be("10.1.0.0"), Be("10.244.9.9")], found);
        Assert.Equal([1u, RouteTable.NoRoute, 0u], found);
        table.FindBurst([FrameSpec.Ipv6("fd00:3::1"), FrameSpec.Ipv6("::1")], found);
        Assert.Equal((1u, RouteTable.NoRoute), (found[0], found[1]));
        Assert.Equal(MapError.Ok, table.RemovePrefix(IPNetwork.Parse("10.244.3.0/24")));
        Assert.True(table.TryFind(Be("10.244.3.77"), out remote));
        Assert.Equal(0u, remote);
    }

    [Fact]
    public void Macs_belong_to_a_network()
    {
        using VtepTable table = Table();
        Assert.Equal(MapError.Ok, table.SetMac(1, Pod, 1));
        Assert.True(table.TryFindMac(1, Pod, out uint remote));
        Assert.Equal(1u, remote);
        Assert.False(table.TryFindMac(2, Pod, out _));
        Assert.Equal(MapError.Ok, table.SetMac(1, Pod, 0));
        Assert.True(table.TryFindMac(1, Pod, out remote));
        Assert.Equal(0u, remote);
        Assert.Equal(MapError.Invalid, table.SetMac(1, new MacAddress([1, 0, 0, 0, 0, 1]), 1));
        Assert.Equal(MapError.Invalid, table.SetMac(1 << 24, Pod, 1));
        Assert.Equal(MapError.NotFound, table.SetMac(1, Pod, 9));
        Assert.Equal(MapError.Ok, table.RemoveMac(1, Pod));
        Assert.False(table.TryFindMac(1, Pod, out _));
    }

    [Fact]
    public void Networks_are_here_or_not()
    {
        using VtepTable table = Table();
        Assert.Equal(MapError.Ok, table.SetNetwork(4096, 3));
        Assert.True(table.TryFindNetwork(4096, out uint network));
        Assert.Equal(3u, network);
        Assert.Equal(MapError.Invalid, table.SetNetwork(1 << 24, 3));
        Assert.Equal(MapError.Ok, table.RemoveNetwork(4096));
        Assert.False(table.TryFindNetwork(4096, out _));
    }

    [Fact]
    public void Learning_is_off_unless_asked_for()
    {
        using VtepTable table = Table(), learner = Table(Small with { Learns = true });
        byte[] frame = IpTunnelTests.Frame(false, 1);
        Assert.False(table.Learn(1, frame, 1));
        Assert.False(table.TryFindMac(1, Pod, out _));
        Assert.True(learner.Learn(1, frame, 1));
        Assert.True(learner.TryFindMac(1, Pod, out uint remote));
        Assert.Equal(1u, remote);
        Assert.False(learner.Learn(1, frame.AsSpan(0, 13), 1));
        Assert.False(learner.Learn(1, frame, 7));
    }

    [Fact]
    public void Full_is_full()
    {
        using VtepTable table = Table();
        Assert.Equal(MapError.NoSpace, table.AddRemote(default, out _));
        Assert.Equal(2, table.RemoteCount);
        Assert.Throws<ArgumentOutOfRangeException>(() => table[2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new VtepTable(Small with { Remotes = 0 }));
        Assert.True(table.MemoryBytes > 0);
        Allocation.IsZero(() => table.TryFindMac(1, Pod, out _));
    }

    private static VtepTable Table(VtepTableOptions? options = null)
    {
        VtepTable table = new(options ?? Small);
        Assert.Equal(MapError.Ok, table.AddRemote(new VtepRemote(KernelVxlanTests.Address("192.0.2.1"), false, Pod), out uint first));
        Assert.Equal(MapError.Ok, table.AddRemote(new VtepRemote(KernelVxlanTests.Address("192.0.2.2"), false, Pod), out uint second));
        Assert.Equal((0u, 1u), (first, second));
        return table;
    }

    private static uint Be(string address) => IPv6Address.FirstWord(KernelVxlanTests.Address(address));
}
