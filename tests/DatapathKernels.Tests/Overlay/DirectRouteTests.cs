using System.Net;
using DatapathKernels.Maps;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>Routing without a tunnel.</summary>
public sealed class DirectRouteTests : IDisposable
{
    private readonly RouteTableV4 _v4 = new(16);
    private readonly RouteTableV6 _v6 = new(16);
    private readonly DirectRoute _route;

    public DirectRouteTests()
    {
        _v4.Insert(IPNetwork.Parse("10.0.0.0/8"), 0);
        _v4.Insert(IPNetwork.Parse("10.1.0.0/16"), 1);
        _v4.Insert(IPNetwork.Parse("10.7.0.0/16"), 5);
        _v6.Insert(IPNetwork.Parse("fd00::/16"), 1);
        _route = new DirectRoute(_v4, _v6, [new DirectHop(Mac(10), Mac(20), 100), new DirectHop(Mac(11), Mac(21), 101)]);
    }

    public void Dispose()
    {
        _v4.Dispose();
        _v6.Dispose();
    }

    [Theory]
    [InlineData("10.1.2.3", 1)]
    [InlineData("10.2.2.3", 0)]
    [InlineData("fd00::77", 1)]
    public void A_packet_gets_new_macs_and_one_hop_less(string destination, byte hop)
    {
        byte[] frame = Frame(destination, 64), expected = Frame(destination, 63);
        Mac((byte)(10 + hop)).CopyTo(expected);
        Mac((byte)(20 + hop)).CopyTo(expected.AsSpan(6));
        Assert.Equal(RouteStatus.Ok, _route.Route(frame, LargeFrames.Parse(frame), out uint port));
        Assert.Equal(100u + hop, port);
        Assert.Equal(expected, frame);
    }

    [Theory]
    [InlineData("11.0.0.1", RouteStatus.NoRoute)]
    [InlineData("10.7.0.1", RouteStatus.NoRoute)]
    [InlineData("fe00::1", RouteStatus.NoRoute)]
    [InlineData("224.0.0.1", RouteStatus.NotUnicast)]
    [InlineData("255.255.255.255", RouteStatus.NotUnicast)]
    [InlineData("127.0.0.1", RouteStatus.NotUnicast)]
    [InlineData("0.0.0.0", RouteStatus.NotUnicast)]
    [InlineData("0.1.0.1", RouteStatus.NoRoute)]
    [InlineData("ff02::1", RouteStatus.NotUnicast)]
    [InlineData("fe80::1", RouteStatus.NotUnicast)]
    [InlineData("::1", RouteStatus.NotUnicast)]
    [InlineData("::", RouteStatus.NotUnicast)]
    public void What_is_not_routed_stays_as_it_is(string destination, RouteStatus expected)
    {
        byte[] frame = Frame(destination, 64), before = [.. frame];
        Assert.Equal(expected, _route.Route(frame, LargeFrames.Parse(frame), out uint port));
        Assert.Equal(0u, port);
        Assert.Equal(before, frame);
    }

    [Fact]
    public void The_last_hop_ends_here()
    {
        foreach (byte ttl in new byte[] { 0, 1 })
        {
            foreach (string destination in new[] { "10.1.0.1", "fd00::1" })
            {
                byte[] frame = Frame(destination, ttl), before = [.. frame];
                Assert.Equal(RouteStatus.HopLimitExceeded, _route.Route(frame, LargeFrames.Parse(frame), out _));
                Assert.Equal(before, frame);
            }
        }

        byte[] last = Frame("10.1.0.1", 2);
        Assert.Equal(RouteStatus.Ok, _route.Route(last, LargeFrames.Parse(last), out _));
        Assert.True(InternetChecksum.IsValid(last.AsSpan(14, 20)));
    }

    [Fact]
    public void Other_frames_are_not_routed()
    {
        byte[] arp = Frames.Ethernet(0x0806, new byte[28]), wrong = Frame("10.1.0.1", 64), raw = Frame("10.1.0.1", 64)[14..];
        wrong[24] ^= 1;
        Assert.Equal(RouteStatus.NotIp, _route.Route(arp, LargeFrames.Parse(arp), out _));
        Assert.Equal(RouteStatus.BadChecksum, _route.Route(wrong, LargeFrames.Parse(wrong), out _));
        FlowParser.ParseNetwork(raw, 0, out _, out _, out PacketInfo info);
        Assert.Equal(RouteStatus.NotIp, _route.Route(raw, info, out _));
        Assert.Equal(RouteStatus.NotIp, _route.Route(Frame("10.1.0.1", 64).AsSpan(0, 20), LargeFrames.Parse(Frame("10.1.0.1", 64)), out _));
    }

    [Fact]
    public void Bursts_are_the_loop_of_single_calls()
    {
        string[] destinations = ["10.1.2.3", "10.2.2.3", "10.1.9.9", "fd00::77", "11.0.0.1", "224.0.0.1", "fe80::1", "fe00::1", "10.7.0.1", "127.0.0.1", "0.1.0.1", "245.0.0.1"];
        Random random = new(3);
        using PacketArena arena = new(64, 512, 64), loop = new(64, 512, 64);
        PacketInfo[] infos = new PacketInfo[64];
        RouteStatus[] statuses = new RouteStatus[64];
        uint[] ports = new uint[64];
        for (int count = 0; count <= 64; count++)
        {
            arena.Clear();
            loop.Clear();
            for (int i = 0; i < count; i++)
            {
                byte[] frame = random.Next(8) == 0 ? Frames.Ethernet(0x0806, new byte[28]) : Frame(destinations[random.Next(destinations.Length)], (byte)random.Next(4));
                if (frame[14] == 0x45 && random.Next(2) == 0)
                    Spoil(frame, random);
                LinkType link = random.Next(9) == 0 ? LinkType.Raw : LinkType.Ethernet;
                arena.TryAdd(frame, link);
                loop.TryAdd(frame, link);
                infos[i] = LargeFrames.Parse(frame);
            }

            ulong done = _route.RouteBurst(arena.Burst(0), infos, statuses, ports);
            for (int i = 0; i < count; i++)
            {
                Span<byte> frame = loop.Link(i) == LinkType.Ethernet ? loop.Frame(i) : [];
                RouteStatus single = _route.Route(frame, infos[i], out uint port);
                Assert.Equal((single, port, single == RouteStatus.Ok), (statuses[i], ports[i], (done & (1UL << i)) != 0));
                Assert.Equal(loop.Frame(i).ToArray(), arena.Frame(i).ToArray());
            }
        }

        Assert.Throws<ArgumentException>(() => _route.RouteBurst(arena.Burst(0), infos, statuses.AsSpan(1), ports));
        Allocation.IsZero(() => _route.RouteBurst(arena.Burst(0), infos, statuses, ports));
    }

    /// <summary>Another source, TTL or checksum: any of the checksum's values, right or wrong.</summary>
    private static void Spoil(byte[] frame, Random random)
    {
        frame[26] = random.Next(3) switch { 0 => 127, 1 => 224, _ => (byte)random.Next(256) };
        frame[22] = (byte)random.Next(5);
        (frame[18], frame[19]) = ((byte)random.Next(256), (byte)random.Next(256));
        (frame[24], frame[25]) = (0, 0);
        ushort sum = (ushort)(InternetChecksum.Compute(frame.AsSpan(14, 20)) - (random.Next(6) == 0 ? 1 : 0));
        if (random.Next(3) == 0)
        {
            // The identification takes up what the checksum then lacks: 0xfffe and 0xffff are where its carry is.
            ushort wanted = (ushort)(0xfffc + random.Next(4)), id = (ushort)((frame[18] << 8) | frame[19]);
            uint moved = id + (uint)sum + (ushort)~wanted;
            moved = (moved & 0xffff) + (moved >> 16);
            (frame[18], frame[19], sum) = ((byte)(moved >> 8), (byte)moved, wanted);
        }

        (frame[24], frame[25]) = ((byte)(sum >> 8), (byte)sum);
    }

    private static byte[] Frame(string destination, byte ttl) =>
        new FrameSpec { Source = destination.Contains(':', StringComparison.Ordinal) ? "fd00::1" : "10.1.0.9", Destination = destination, Ttl = ttl, Padding = 4, Payload = [1, 2, 3] }.ToBytes();

    private static MacAddress Mac(byte last) => new([2, 0, 0, 0, 0, last]);
}
