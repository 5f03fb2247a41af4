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
    private const uint Vni = LiveVxlan.Vni;
    private const int Frames = 4000, Batch = 32;

    [KernelVxlanTheory]
    [MemberData(nameof(LiveVxlan.Names), MemberType = typeof(LiveVxlan))]
    public void The_kernel_unpacks_what_we_send(string name) => LiveVxlan.Run(name, tap =>
    {
        using PacketDevice vxlan = PacketDevice.OpenSocket("vx0");
        Random random = new(21);
        UdpTunnelOptions ours = LiveVxlan.Ours(name);
        bool gbp = name.Contains("gbp", StringComparison.Ordinal);
        UdpTunnelReceiver twin = new(ours with { Local = ours.Remote, StripsVlan = true }) { ReadsGroupPolicy = gbp };
        twin.Add(Vni);
        Dictionary<DecapStatus, int> statuses = [];
        for (int done = 0; done < Frames; done += Batch)
        {
            List<(string Inner, string Outer)> expected = [];
            for (int i = 0; i < Batch; i++)
            {
                byte[] outer = Outer(random, ours, gbp);
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

    [KernelVxlanTheory]
    [MemberData(nameof(LiveVxlan.Names), MemberType = typeof(LiveVxlan))]
    public void We_unpack_what_the_kernel_sends(string name) => LiveVxlan.Run(name, tap =>
    {
        using PacketDevice vxlan = PacketDevice.OpenSocket("vx0");
        Random random = new(22);
        bool gbp = name.Contains("gbp", StringComparison.Ordinal);
        UdpTunnelOptions kernels = LiveVxlan.Kernels(name);
        UdpTunnelReceiver receiver = new(LiveVxlan.Ours(name)) { ReadsGroupPolicy = gbp };
        receiver.Add(Vni);
        for (int i = 0; i < Frames; i++)
        {
            byte[] inner = Inner(random, mayBeTagged: false);
            uint group = gbp ? (uint)random.Next(3) | (random.Next(3) == 0 ? VxlanHeader.DoNotLearn : 0) | (random.Next(3) == 0 ? VxlanHeader.PolicyApplied : 0) : 0;
            if (gbp)
                vxlan.Mark(group);
            Assert.True(vxlan.TryWrite(inner));
            byte[] outer = LiveVxlan.Next(tap, 1000) ?? throw new InvalidOperationException($"nothing came for {Convert.ToHexString(inner)}");

            UdpTunnel tunnel = UdpTunnel.Vxlan(kernels, Vni, group == 0 ? null : group);
            byte[] made = new byte[tunnel.HeaderBytes + inner.Length];
            inner.CopyTo(made, tunnel.HeaderBytes);
            ushort port = BinaryPrimitives.ReadUInt16BigEndian(outer.AsSpan(kernels.IsV6 ? 54 : 34)), id = kernels.IsV6 ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(outer.AsSpan(18));
            Assert.InRange(port, kernels.MinSourcePort, kernels.MaxSourcePort - 1);
            Assert.True(tunnel.TryWrite(made, KernelVxlanTests.HashFor(port, kernels), id));
            Assert.Equal(Convert.ToHexString(outer), Convert.ToHexString(made));

            FlowParser.Parse(outer, out _, out _, out PacketInfo info);
            Assert.Equal(DecapStatus.Ok, receiver.TryUnpack(outer, info, out Range range, out uint vni, out uint found));
            Assert.Equal((Vni, group, Convert.ToHexString(inner)), (vni, found, Convert.ToHexString(outer[range])));
        }
    });

    /// <summary>A frame in the tunnel; half of them with a few bytes that should not be so.</summary>
    private static byte[] Outer(Random random, UdpTunnelOptions ours, bool gbp)
    {
        UdpTunnelOptions options = ours with { WritesChecksum = random.Next(ours.IsV6 ? 8 : 2) != 0, Tos = (byte)random.Next(256), Ecn = EcnMode.Normal };
        UdpTunnel tunnel = UdpTunnel.Vxlan(options, random.Next(12) == 0 ? Vni + 1 : Vni, random.Next(gbp ? 2 : 8) == 0 ? (uint)random.Next(9) : null);
        byte[] inner = Inner(random, mayBeTagged: true);
        byte[] outer = new byte[tunnel.HeaderBytes + inner.Length];
        Assert.Equal(outer.Length, tunnel.Copy(inner, outer, (uint)random.Next(1, int.MaxValue), (ushort)random.Next(65536)));
        if (random.Next(2) == 0)
            return outer;
        for (int n = random.Next(1, 3); n > 0; n--)
            Break(outer, random, ours.IsV6);
        if (!ours.IsV6 && random.Next(8) != 0)
            Seal(outer);
        return random.Next(4) switch
        {
            0 => outer[..random.Next(ours.IsV6 ? 54 : 34, outer.Length + 1)],
            1 => [.. outer, .. new byte[random.Next(1, 20)]],
            _ => outer,
        };
    }

    /// <summary>Changes one thing: congestion, a length, a fragment's bit, a port, a checksum, the VXLAN header, the inner packet.</summary>
    private static void Break(byte[] outer, Random random, bool v6)
    {
        int udp = v6 ? 54 : 34;
        int at = random.Next(8) switch
        {
            0 => 15,
            1 => v6 ? 19 : 17,
            2 => udp + 2 + random.Next(2),
            3 => udp + 4 + random.Next(2),
            4 => udp + 6 + random.Next(2),
            5 => udp + 8 + random.Next(8),
            6 => udp + 16 + random.Next(outer.Length - udp - 16),
            _ => 20,
        };
        outer[at] = at == 20 ? (byte)(v6 ? 17 : random.Next(3) * 0x20) : (byte)random.Next(256);
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
