using System.Net;
using DatapathKernels.Datapaths;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using Xunit;

namespace DatapathKernels.Tests.Datapaths;

/// <summary>An eBPF node that speaks one family alone, as <c>enable-ipv4</c> and <c>enable-ipv6</c> have it.</summary>
public class EbpfFamilyTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Packets_of_the_other_family_are_dropped_and_take_no_memory(bool isV4)
    {
        using NodeNetwork network = new(default);
        network.AddRoute(IPNetwork.Parse("0.0.0.0/0"), new RouteTarget(RouteTargetKind.Pod, default, 1));
        network.AddRoute(IPNetwork.Parse("::/0"), new RouteTarget(RouteTargetKind.Pod, default, 1));
        EbpfOptions options = new() { Connections = 4096, Services = 64, Translations = 4096, HasV4 = isV4, HasV6 = !isV4 };
        using EbpfDatapath one = new(network, options), both = new(network, options with { HasV4 = true, HasV6 = true });
        Assert.True(one.MemoryBytes < both.MemoryBytes);
        foreach (bool sendsV4 in new[] { true, false })
        {
            using PacketArena arena = new(1, 512, 128);
            arena.TryAdd(new FrameSpec { Source = sendsV4 ? "10.0.0.1" : "fd00::1", Destination = sendsV4 ? "10.0.0.2" : "fd00::2" }.ToBytes());
            PacketFate[] fates = new PacketFate[1];
            one.Process(arena.Burst(0), 7, 1000, fates);
            Assert.Equal(sendsV4 == isV4 ? (FateKind.Delivered, DropReason.None) : (FateKind.Dropped, DropReason.UnknownFamily), (fates[0].Kind, fates[0].Reason));
        }

        Assert.Equal(1, one.Connections);
        IPAddress other = IPAddress.Parse(isV4 ? "fd00::10" : "10.96.0.10");
        Assert.Throws<ArgumentException>(() => one.SetService(new EbpfService(other, 80, IpProtocol.Tcp, [])));
    }
}
