using System.Buffers.Binary;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>
/// A tunnel whose other end is the kernel's own vxlan device, in a namespace of its own: it unpacks what we send, whole or broken, and
/// we unpack what it sends.
/// </summary>
public class LiveVxlanTests
{
    private const uint Vni = 42;
    private const int Frames = 6000, Batch = 32;

    private const string Devices = """
        link set lo up
        link set dev tap0 address 02:00:00:00:00:02 mtu 1600
        addr add 192.0.2.2/24 dev tap0
        link set tap0 up
        neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev tap0 nud permanent
        link add name vx0 address 02:00:00:00:00:03 mtu 1500 type vxlan id 42 local 192.0.2.2 remote 192.0.2.1 dstport 4789 nolearning
        link set vx0 up
        """;

    private static readonly UdpTunnelOptions Ours = new()
    {
        Local = KernelVxlanTests.Address("192.0.2.1"),
        Remote = KernelVxlanTests.Address("192.0.2.2"),
        LocalMac = new MacAddress([2, 0, 0, 0, 0, 1]),
        NextHopMac = new MacAddress([2, 0, 0, 0, 0, 2]),
    };

    [KernelVxlanFact]
    public void The_kernel_unpacks_what_we_send() => WithDevices((tap, vxlan) =>
    {
        Random random = new(21);
        UdpTunnelReceiver twin = new(Ours with { Local = Ours.Remote, StripsVlan = true });
        twin.Add(Vni);
        Dictionary<DecapStatus, int> statuses = [];
        for (int done = 0; done < Frames; done += Batch)
        {
            List<(string Inner, string Outer)> expected = [];
            for (int i = 0; i < Batch; i++)
            {
                byte[] outer = Outer(random);
                Assert.True(tap.TryWrite(outer));
                string sent = Convert.ToHexString(outer);
                FlowParser.Parse(outer, out _, out _, out PacketInfo info);
                DecapStatus status = twin.TryUnpack(outer, info, out Range range, out _, out _);
                statuses[status] = statuses.GetValueOrDefault(status) + 1;
                if (status == DecapStatus.Ok)
                    expected.Add((Convert.ToHexString(outer[range]), sent));
            }

            foreach ((string inner, string outer) in expected)
            {
                string? actual = vxlan.TryRead(1000) is { } frame ? Convert.ToHexString(frame) : null;
                Assert.True(inner == actual, $"outer {outer}\nexpected {inner}\nactual   {actual}");
            }

            Assert.Null(vxlan.TryRead(0) is { } more ? Convert.ToHexString(more) : null);
        }

        Assert.True(statuses[DecapStatus.Ok] > Frames / 3, string.Join(' ', statuses));
        Assert.True(statuses.Count >= 7, string.Join(' ', statuses));
    });

    [KernelVxlanFact]
    public void We_unpack_what_the_kernel_sends() => WithDevices((tap, vxlan) =>
    {
        Random random = new(22);
        UdpTunnelReceiver receiver = new(Ours);
        receiver.Add(Vni);
        UdpTunnel kernels = UdpTunnel.Vxlan(Ours with { Local = Ours.Remote, Remote = Ours.Local, LocalMac = Ours.NextHopMac, NextHopMac = Ours.LocalMac }, Vni);
        for (int i = 0; i < Frames; i++)
        {
            byte[] inner = Inner(random, mayBeTagged: false);
            Assert.True(vxlan.TryWrite(inner));
            byte[] outer = tap.TryRead(1000) ?? throw new InvalidOperationException($"nothing came for {Convert.ToHexString(inner)}");

            byte[] made = new byte[kernels.HeaderBytes + inner.Length];
            inner.CopyTo(made, kernels.HeaderBytes);
            Assert.True(kernels.TryWrite(made, KernelVxlanTests.HashFor(BinaryPrimitives.ReadUInt16BigEndian(outer.AsSpan(34)), Ours), BinaryPrimitives.ReadUInt16BigEndian(outer.AsSpan(18))));
            Assert.Equal(Convert.ToHexString(outer), Convert.ToHexString(made));

            FlowParser.Parse(outer, out _, out _, out PacketInfo info);
            Assert.Equal(DecapStatus.Ok, receiver.TryUnpack(outer, info, out Range range, out uint vni, out _));
            Assert.Equal((Vni, Convert.ToHexString(inner)), (vni, Convert.ToHexString(outer[range])));
        }
    });

    private static void WithDevices(Action<PacketDevice, PacketDevice> test) => LinuxNetwork.Run(() =>
    {
        // Neither device is to say anything of its own accord.
        File.WriteAllText("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
        using PacketDevice tap = PacketDevice.OpenTap("tap0");
        LinuxNetwork.Ip(Devices);
        using PacketDevice vxlan = PacketDevice.OpenSocket("vx0");
        test(tap, vxlan);
    });

    /// <summary>A frame in the tunnel; half of them with a few bytes that should not be so.</summary>
    private static byte[] Outer(Random random)
    {
        UdpTunnelOptions options = Ours with { WritesChecksum = random.Next(2) == 0, Tos = (byte)random.Next(256), Ecn = EcnMode.Normal };
        UdpTunnel tunnel = UdpTunnel.Vxlan(options, random.Next(12) == 0 ? Vni + 1 : Vni);
        byte[] inner = Inner(random, mayBeTagged: true);
        byte[] outer = new byte[tunnel.HeaderBytes + inner.Length];
        Assert.Equal(outer.Length, tunnel.Copy(inner, outer, (uint)random.Next(1, int.MaxValue), (ushort)random.Next(65536)));
        if (random.Next(2) == 0)
            return outer;
        for (int n = random.Next(1, 3); n > 0; n--)
            Break(outer, random);
        if (random.Next(8) != 0)
            Seal(outer);
        return random.Next(4) switch
        {
            0 => outer[..random.Next(34, outer.Length + 1)],
            1 => [.. outer, .. new byte[random.Next(1, 20)]],
            _ => outer,
        };
    }

    /// <summary>Changes one thing: congestion, a fragment's bit, a length, a port, a checksum, the VXLAN header, the inner packet.</summary>
    private static void Break(byte[] outer, Random random)
    {
        int at = random.Next(8) switch
        {
            0 => 15,
            1 => 17,
            2 => 36 + random.Next(2),
            3 => 38 + random.Next(2),
            4 => 40 + random.Next(2),
            5 => 42 + random.Next(8),
            6 => 50 + random.Next(outer.Length - 50),
            _ => 20,
        };
        outer[at] = at == 20 ? (byte)(random.Next(3) * 0x20) : (byte)random.Next(256);
    }

    private static void Seal(byte[] outer)
    {
        outer[24] = outer[25] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(outer.AsSpan(24), InternetChecksum.Compute(outer.AsSpan(14, 20)));
    }

    /// <summary>TCP or UDP over either family, or anything at all behind an Ethernet header; to other stations than the kernel's.</summary>
    private static byte[] Inner(Random random, bool mayBeTagged)
    {
        byte[] payload = new byte[random.Next(random.Next(2) == 0 ? 40 : 1300)];
        random.NextBytes(payload);
        if (random.Next(6) == 0)
            return Generators.Frames.Ethernet((ushort)random.Next(0x0900, 0x8000), payload);
        bool v6 = random.Next(2) == 0;
        return new FrameSpec
        {
            Source = v6 ? $"fd00::{random.Next(1, 9999):x}" : $"10.1.{random.Next(256)}.{random.Next(256)}",
            Destination = v6 ? $"fd00::{random.Next(1, 9999):x}" : $"10.2.{random.Next(256)}.{random.Next(256)}",
            Protocol = random.Next(2) == 0 ? IpProtocol.Tcp : IpProtocol.Udp,
            SourcePort = (ushort)random.Next(65536),
            DestinationPort = (ushort)random.Next(65536),
            Tos = (byte)random.Next(256),
            Ttl = (byte)random.Next(1, 256),
            DontFragment = random.Next(2) == 0,
            Vlans = mayBeTagged && random.Next(6) == 0 ? [(ushort)random.Next(1, 4095)] : [],
            Payload = payload,
        }.ToBytes();
    }
}
