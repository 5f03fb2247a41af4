using System.Buffers.Binary;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>
/// What becomes of packets too long for the kernel's tunnel when its device is a bridge port: an error to their sender, byte for byte, or fragments of
/// the outer packet; and what the kernel believes of reports that the path is narrower.
/// </summary>
public class LiveVxlanPathMtuTests
{
    private const int LinkMtu = 1500, Frames = 1500;
    private const string Bridge = """
        link set dev tap0 mtu 1500
        link set dev vx0 mtu 9000
        link set dev tap1 address 02:00:00:00:00:22 mtu 9000
        link add br0 type bridge mcast_snooping 0
        link set vx0 master br0
        link set tap1 master br0
        link set tap1 up
        link set br0 up
        """;

    private static readonly string[] SourcesV4 = ["10.1.0.1", "10.1.0.2", "127.0.0.9", "0.0.0.0", "224.0.0.9"], SourcesV6 = ["fd00::1", "fe80::1", "::1", "::", "ff01::9", "ff02::9", "ff05::9", "ff0e::9"];
    private static readonly string[] TargetsV4 = ["10.2.0.1", "255.255.255.255", "224.0.0.1"], TargetsV6 = ["fd00::2", "ff02::1"];

    [KernelVxlanFact]
    public void Senders_are_told_or_packets_fragmented() => LiveVxlan.Run("ipv4", tap =>
    {
        using PacketDevice port = PacketDevice.OpenTap("tap1");
        LinuxNetwork.Ip(Bridge);
        Random random = new(41);
        UdpTunnel tunnel = UdpTunnel.Vxlan(LiveVxlan.Kernels("ipv4"), LiveVxlan.Vni);
        Dictionary<TooBigStatus, int> statuses = [];
        for (int i = 0; i < Frames; i++)
        {
            byte[] frame = Frame(random, random.Next(3) == 0 ? random.Next(1380, 1420) : random.Next(1000, 3000));
            TooBigStatus status = Send(tunnel, frame, LinkMtu, tap, port);
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
        }

        Assert.Equal(5, statuses.Count);
    });

    [KernelVxlanFact]
    public void Reports_narrow_the_path() => LiveVxlan.Run("ipv4", tap =>
    {
        using PacketDevice port = PacketDevice.OpenTap("tap1");
        LinuxNetwork.Ip(Bridge);
        Random random = new(42);
        UdpTunnelOptions ends = LiveVxlan.Kernels("ipv4");
        UdpTunnel tunnel = UdpTunnel.Vxlan(ends, LiveVxlan.Vni);
        PathMtuCache cache = new(LinkMtu, 4);
        byte[] outer = new byte[200], error = new byte[TooBigBuilder.MaxBytes];
        outer = outer[..tunnel.Copy(Frame(random, 60), outer, 1)];
        foreach (int mtu in new[] { 1400, 1450, 1300, 1300, 1499, 800, 700 })
        {
            int bytes = IcmpErrorWriter.Write(outer, LargeFrames.Parse(outer), outer.Length - 14, 3, 4, (uint)mtu, ends.Remote, error);
            Assert.True(tap.TryWrite([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, .. error.AsSpan(0, bytes)]));
            cache.Report(ends.Remote, false, mtu, 0);
            for (int i = 0; i < 20; i++)
                Send(tunnel, Frame(random, random.Next(500, 1500)), cache.Find(ends.Remote, 1).Bytes, tap, port);
        }

        Assert.Equal(700, cache.Find(ends.Remote, 1).Bytes);
    });

    /// <summary>Sends a frame through the bridge and compares what comes of it, here or there.</summary>
    private static TooBigStatus Send(UdpTunnel tunnel, byte[] frame, int pathMtu, PacketDevice tap, PacketDevice port)
    {
        PacketInfo info = LargeFrames.Parse(frame);
        byte[] answer = new byte[TooBigBuilder.MaxBytes];
        int most = pathMtu - tunnel.OverheadBytes, length = 0;
        bool fits = info.L3Length <= most;
        TooBigStatus status = fits ? TooBigStatus.NotApplicable : TooBigBuilder.TryBuild(frame, info, most, TooBigStyle.Bridge, default, answer, out length);
        Assert.True(port.TryWrite(frame));
        if (status == TooBigStatus.Ok)
        {
            byte[] expected = [.. frame[6..12], .. frame[..6], .. frame[12..14], .. answer.AsSpan(0, length)];
            Assert.Equal(Convert.ToHexString(expected), port.TryRead(1000) is { } told ? Convert.ToHexString(told) : null);
            Assert.Null(LiveVxlan.Next(tap, 0));
            return status;
        }

        byte[] first = LiveVxlan.Next(tap, 1000) ?? throw new InvalidOperationException($"{status}: nothing came for {Convert.ToHexString(frame)}");
        foreach (byte[] packet in Expected(tunnel, frame, first, pathMtu))
        {
            Assert.Equal(Convert.ToHexString(packet), first is not null ? Convert.ToHexString(first) : null);
            first = LiveVxlan.Next(tap, 0)!;
        }

        Assert.Null(first);
        Assert.Null(port.TryRead(0));
        return status;
    }

    /// <summary>The outer packet with the port and the identification that the kernel chose, in fragments.</summary>
    private static IEnumerable<byte[]> Expected(UdpTunnel tunnel, byte[] frame, byte[] first, int pathMtu)
    {
        byte[] outer = new byte[frame.Length + tunnel.HeaderBytes], output = new byte[20_000];
        uint hash = KernelVxlanTests.HashFor(BinaryPrimitives.ReadUInt16BigEndian(first.AsSpan(34)), LiveVxlan.Ours("ipv4"));
        Assert.Equal(outer.Length, tunnel.Copy(frame, outer, hash, BinaryPrimitives.ReadUInt16BigEndian(first.AsSpan(18))));
        Assert.Equal(SegmentationStatus.Ok, PacketFragmenter.TryFragment(outer, LargeFrames.Parse(outer), new FragmentOptions(pathMtu), output, out SegmentLayout layout));
        for (int i = 0; i < layout.Count; i++)
            yield return layout.Slice(output, i).ToArray();
    }

    /// <summary>TCP, UDP, an echo or an ICMP error; mostly from and to hosts.</summary>
    private static byte[] Frame(Random random, int payload)
    {
        bool v6 = random.Next(2) == 0;
        byte[] bytes = new byte[payload];
        random.NextBytes(bytes);
        (string[] sources, string[] targets) = v6 ? (SourcesV6, TargetsV6) : (SourcesV4, TargetsV4);
        int kind = random.Next(8);
        byte[] frame = new FrameSpec
        {
            Source = sources[random.Next(5) == 0 ? random.Next(sources.Length) : 0],
            Destination = targets[random.Next(8) == 0 ? random.Next(targets.Length) : 0],
            Protocol = kind < 3 ? IpProtocol.Tcp : kind < 6 ? IpProtocol.Udp : v6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp,
            IcmpType = v6 ? (byte)(kind == 6 ? 128 : 1) : (byte)(kind == 6 ? 8 : 3),
            DontFragment = random.Next(3) != 0,
            Ttl = (byte)random.Next(1, 256),
            Tos = (byte)(random.Next(64) * 4),
            Payload = bytes,
        }.ToBytes();
        (frame[0], frame[5], frame[6], frame[11]) = (2, 0x31, 2, 0x21);
        return frame;
    }
}
