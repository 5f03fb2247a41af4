using System.Net;
using DatapathKernels.Maps;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>What the kernel forwards from one device to another, and what it does not.</summary>
public class LiveRouteTests
{
    private const int Frames = 4000, Batch = 40;

    private const string Devices = """
        link set dev tap0 address 02:00:00:00:00:02 addrgenmode none
        link set dev tap1 address 02:00:00:00:00:12 addrgenmode none
        addr add 10.1.255.254/16 dev tap0
        addr add 10.9.0.2/24 dev tap1
        link set tap0 up
        link set tap1 up
        addr add fd01::ffff/64 dev tap0 nodad
        addr add fd09::2/64 dev tap1 nodad
        neigh add 10.9.0.1 lladdr 02:00:00:00:00:11 dev tap1 nud permanent
        neigh add fd09::1 lladdr 02:00:00:00:00:11 dev tap1 nud permanent
        """;

    private static readonly string[] Routes = ["10.2.0.0/16", "0.1.0.0/16", "169.254.20.0/24", "245.0.0.0/8", "fd02::/32", "2000::/3"];
    private static readonly string[] SourcesV4 = ["10.1.0.1", "10.1.0.2", "10.1.77.3", "0.0.0.5", "0.0.0.0", "127.0.0.1", "224.0.0.9", "255.255.255.255"];
    private static readonly string[] TargetsV4 = ["10.2.0.1", "10.2.3.4", "10.2.9.9", "169.254.20.10", "245.1.1.1", "11.0.0.1", "127.0.0.1", "224.0.0.1", "0.1.0.1", "0.0.0.0", "255.255.255.255"];
    private static readonly string[] SourcesV6 = ["fd01::1", "fd01::2", "fd01::77", "fe80::9", "::1", "::", "ff02::9"];
    private static readonly string[] TargetsV6 = ["fd02::1", "fd02:0:1::4", "2001:db8::9", "fd03::1", "fe80::1", "::1", "::", "ff0e::1"];

    [KernelVxlanFact]
    public void Packets_go_on_as_the_kernel_forwards_them() => LinuxNetwork.Run(() =>
    {
        using PacketDevice from = PacketDevice.OpenTap("tap0"), to = PacketDevice.OpenTap("tap1");
        LinuxNetwork.Ip(Devices);
        foreach (string setting in new[] { "ipv4/ip_forward=1", "ipv6/conf/all/forwarding=1", "ipv4/conf/all/rp_filter=0", "ipv4/conf/tap0/rp_filter=0" })
            File.WriteAllText("/proc/sys/net/" + setting.Split('=')[0], setting.Split('=')[1]);
        using RouteTableV4 v4 = new(16);
        using RouteTableV6 v6 = new(16);
        foreach (string route in Routes)
        {
            bool six = route.Contains(':', StringComparison.Ordinal);
            LinuxNetwork.Ip($"route add {route} via {(six ? "fd09::1" : "10.9.0.1")} dev tap1");
            _ = six ? v6.Insert(IPNetwork.Parse(route), 0) : v4.Insert(IPNetwork.Parse(route), 0);
        }

        DirectHop hop = new(new MacAddress([2, 0, 0, 0, 0, 0x11]), new MacAddress([2, 0, 0, 0, 0, 0x12]), 1);
        Compare(new DirectRoute(v4, v6, [hop]), from, to);
    });

    private static void Compare(DirectRoute route, PacketDevice from, PacketDevice to)
    {
        Random random = new(31);
        Dictionary<RouteStatus, int> statuses = [];
        for (int done = 0; done < Frames; done += Batch)
        {
            List<(string Forwarded, string Sent)> expected = [];
            for (int i = 0; i < Batch; i++)
            {
                byte[] frame = Frame(random);
                string sent = Convert.ToHexString(frame);
                Assert.True(from.TryWrite(frame));
                RouteStatus status = route.Route(frame, LargeFrames.Parse(frame), out _);
                statuses[status] = statuses.GetValueOrDefault(status) + 1;
                if (status == RouteStatus.Ok)
                    expected.Add((Convert.ToHexString(frame), sent));
            }

            foreach ((string forwarded, string sent) in expected)
            {
                string? actual = Next(to, 1000);
                Assert.True(forwarded == actual, $"sent     {sent}\nexpected {forwarded}\nactual   {actual}");
            }

            Assert.Null(Next(to, 0));
            while (from.TryRead(0) is not null)
            {
                // The kernel's errors and its searches for who is to get them.
            }
        }

        Assert.Equal(5, statuses.Count);
        Assert.True(statuses[RouteStatus.Ok] > Frames / 8, string.Join(' ', statuses));
    }

    /// <summary>The next packet for the next hop; what the kernel says of its own accord goes to groups.</summary>
    private static string? Next(PacketDevice to, int timeoutMs)
    {
        while (to.TryRead(timeoutMs) is { } frame)
        {
            if (frame[0] == 2)
                return Convert.ToHexString(frame);
        }

        return null;
    }

    private static byte[] Frame(Random random)
    {
        (string[] sources, string[] targets) = random.Next(2) == 0 ? (SourcesV4, TargetsV4) : (SourcesV6, TargetsV6);
        byte[] frame = new FrameSpec
        {
            Source = sources[random.Next(3) == 0 ? random.Next(sources.Length) : random.Next(3)],
            Destination = targets[random.Next(2) == 0 ? random.Next(targets.Length) : random.Next(3)],
            Protocol = random.Next(2) == 0 ? IpProtocol.Tcp : IpProtocol.Udp,
            Ttl = random.Next(4) == 0 ? (byte)random.Next(3) : (byte)random.Next(1, 256),
            Tos = (byte)random.Next(256),
            Id = (ushort)random.Next(65536),
            Payload = new byte[random.Next(600)],
        }.ToBytes();
        if (random.Next(12) == 0 && frame[12] == 8)
            frame[24] ^= (byte)random.Next(256);
        return frame;
    }
}
