using System.Buffers.Binary;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>Packets that segmentation offload made, into the kernel's tunnel: the wire-sized ones that come out are ours, byte for byte.</summary>
public class LiveVxlanSegmentTests
{
    private const int Packets = 60, OffloadBytes = 10, NeedsChecksum = 1, TcpV4 = 1, TcpV6 = 4, Udp = 5;

    [KernelVxlanTheory]
    [MemberData(nameof(LiveVxlan.Names), MemberType = typeof(LiveVxlan))]
    public void The_kernel_splits_as_we_do(string name) => LiveVxlan.Run(name, tap =>
    {
        using PacketDevice vxlan = PacketDevice.OpenSocket("vx0");
        vxlan.ExpectOffloadHeaders();
        Random random = new(51);
        byte[] output = new byte[200_000];
        for (int i = 0; i < Packets; i++)
        {
            byte[] inner = Inner(random);
            int size = random.Next(400, 1400);
            Assert.True(vxlan.TryWrite(Request(inner, size)));
            byte[]? actual = LiveVxlan.Next(tap, 1000);
            Assert.NotNull(actual);
            byte[] outer = Outer(LiveVxlan.Kernels(name), inner, actual);
            PacketInfo outerInfo = LargeFrames.Parse(outer), innerInfo = LargeFrames.Parse(inner);
            Assert.Equal(SegmentationStatus.Ok, PacketSegmenter.TrySegment(outer, outerInfo, outer.Length - inner.Length, innerInfo, new SegmentOptions(size), output, out SegmentLayout layout));
            for (int n = 0; n < layout.Count; n++)
            {
                Assert.Equal($"{i} {n} {Convert.ToHexString(layout.Slice(output, n))}", $"{i} {n} {(actual is null ? null : Convert.ToHexString(actual))}");
                actual = LiveVxlan.Next(tap, 0);
            }

            Assert.Null(actual);
        }
    });

    private static byte[] Inner(Random random)
    {
        bool v6 = random.Next(2) == 0;
        byte[] payload = new byte[random.Next(2000, 40_000)];
        random.NextBytes(payload);
        return new FrameSpec
        {
            Source = v6 ? "fd00::1" : "10.1.0.1",
            Destination = v6 ? "fd00::2" : "10.2.0.1",
            Protocol = random.Next(2) == 0 ? IpProtocol.Tcp : IpProtocol.Udp,
            TcpFlags = TcpFlags.Ack | (TcpFlags)(random.Next(256) & (int)(TcpFlags.Fin | TcpFlags.Psh | TcpFlags.Cwr)),
            TcpOptions = random.Next(2) == 0 ? [] : [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2],
            Sequence = (uint)random.Next(),
            Tos = (byte)random.Next(256),
            Id = (ushort)random.Next(65536),
            DontFragment = random.Next(2) == 0,
            Payload = payload,
        }.ToBytes();
    }

    /// <summary>A frame behind a <c>virtio_net_hdr</c>: its transport checksum is that of the pseudo header, for the device to complete.</summary>
    private static byte[] Request(byte[] inner, int size)
    {
        PacketInfo info = LargeFrames.Parse(inner);
        bool v6 = (info.Flags & PacketFlags.Ipv6) != 0, tcp = info.Protocol == IpProtocol.Tcp;
        byte[] request = [.. new byte[OffloadBytes], .. inner];
        int headers = info.L4Offset + (tcp ? (inner[info.L4Offset + 12] >> 4) * 4 : 8), field = tcp ? 16 : 6;
        (request[0], request[1]) = (NeedsChecksum, (byte)(!tcp ? Udp : v6 ? TcpV6 : TcpV4));
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(2), (ushort)headers);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(4), (ushort)size);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(6), info.L4Offset);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(8), (ushort)field);
        uint pseudo = v6
            ? InternetChecksum.PseudoHeaderV6(new IPv6Address(inner.AsSpan(22)), new IPv6Address(inner.AsSpan(38)), info.Protocol, info.L4Length)
            : InternetChecksum.PseudoHeaderV4(BitConverter.ToUInt32(inner, 26), BitConverter.ToUInt32(inner, 30), info.Protocol, info.L4Length);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(OffloadBytes + info.L4Offset + field), (ushort)~InternetChecksum.Finish(pseudo));
        return request;
    }

    /// <summary>The whole packet in the tunnel, with the port and the identification that the kernel chose.</summary>
    private static byte[] Outer(UdpTunnelOptions kernels, byte[] inner, byte[] first)
    {
        UdpTunnel tunnel = UdpTunnel.Vxlan(kernels, LiveVxlan.Vni);
        byte[] outer = new byte[inner.Length + tunnel.HeaderBytes];
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(first.AsSpan(kernels.IsV6 ? 54 : 34)), id = kernels.IsV6 ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(first.AsSpan(18));
        Assert.Equal(outer.Length, tunnel.Copy(inner, outer, KernelVxlanTests.HashFor(port, kernels), id));
        return outer;
    }
}
