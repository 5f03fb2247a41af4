using System.Buffers.Binary;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;

namespace DatapathKernels.Tests.Overlay;

/// <summary>Frames as segmentation offload makes them, alone and inside VXLAN, built by hand.</summary>
internal static class LargeFrames
{
    public static byte[] Build(bool ipv6, bool tcp, int payload, TcpFlags flags = TcpFlags.Ack, bool vlan = false, bool options = false, int seed = 1)
    {
        byte[] segment = tcp ? Frames.Tcp(payload + (options ? 12 : 0), options ? 8 : 5) : Frames.Udp(payload, Math.Min(8 + payload, 65535) == 8 + payload ? 8 + payload : 0);
        new Random(seed).NextBytes(segment.AsSpan(segment.Length - payload));
        if (tcp)
        {
            segment[13] = (byte)flags;
            BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), 0xfffffff0);
            if (options)
                segment.AsSpan(20, 12).Fill(1);
        }

        IpProtocol protocol = tcp ? IpProtocol.Tcp : IpProtocol.Udp;
        int total = segment.Length + (ipv6 ? 0 : 20);
        int length = total > 65535 ? 0 : total;
        byte[] packet = ipv6 ? Frames.Ipv6(protocol, segment, length) : Frames.Ipv4(protocol, segment, totalLength: length, fragment: 0x4000);
        ushort type = (ushort)(ipv6 ? 0x86dd : 0x0800);
        byte[] frame = vlan ? Frames.Ethernet(0x8100, Frames.Tag(7, type, packet)) : Frames.Ethernet(type, packet);
        Seal(frame, Parse(frame));
        return frame;
    }

    /// <summary>A frame in VXLAN; the outer checksum is right or absent.</summary>
    public static byte[] Wrap(byte[] inner, bool ipv6, bool checksum)
    {
        byte[] vxlan = [.. Frames.Udp(8 + inner.Length, 16 + inner.Length > 65535 ? 0 : 16 + inner.Length)];
        byte[] header = [8, 0, 0, 0, 0, 0, 42, 0];
        header.CopyTo(vxlan, 8);
        inner.CopyTo(vxlan, 16);
        int total = vxlan.Length + (ipv6 ? 0 : 20);
        int length = total > 65535 ? 0 : total;
        byte[] frame = ipv6 ? Frames.Ethernet6(Frames.Ipv6(IpProtocol.Udp, vxlan, length)) : Frames.Ethernet4(Frames.Ipv4(IpProtocol.Udp, vxlan, totalLength: length));
        PacketInfo info = Parse(frame);
        Seal(frame, info);
        if (!checksum)
            frame.AsSpan(info.L4Offset + 6, 2).Clear();
        return frame;
    }

    public static PacketInfo Parse(ReadOnlySpan<byte> frame)
    {
        FlowParser.Parse(frame, out _, out _, out PacketInfo info);
        return info;
    }

    private static void Seal(Span<byte> frame, in PacketInfo info)
    {
        if (info.L3Length <= 65535)
            PacketChecksums.Write(frame, info);
        else if (info.Protocol == IpProtocol.Udp)
            frame[info.L4Offset + 6] = 0xff;
    }
}
