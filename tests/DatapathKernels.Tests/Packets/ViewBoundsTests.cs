using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using FsCheck.Fluent;
using Xunit;

namespace DatapathKernels.Tests.Packets;

/// <summary>
/// Every view over bytes that end, or start, at an inaccessible page: whatever the bytes, a view that parsed reads all its
/// fields without leaving them.
/// </summary>
public class ViewBoundsTests : IDisposable
{
    private readonly GuardedMemory _memory = new(4096);

    public void Dispose()
    {
        _memory.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Random_bytes_never_lead_outside() =>
        Property.Check(PacketGenerators.Bytes(140), bytes => { ReadEverything(_memory.AtEnd(bytes)); ReadEverything(_memory.AtStart(bytes)); }, 3000);

    [Fact]
    public void Truncated_frames_never_lead_outside() =>
        Property.Check(PacketGenerators.Frames, spec =>
        {
            byte[] packet = spec.ToBytes()[spec.L3Offset..];
            for (int length = 0; length <= packet.Length; length++)
            {
                ReadEverything(_memory.AtEnd(packet.AsSpan(0, length)));
                ReadEverything(_memory.AtEnd(packet.AsSpan(packet.Length - length)));
            }
        }, 60);

    [Fact]
    public void Built_frames_parse_to_what_was_built() =>
        Property.Check(PacketGenerators.Frames.Where(s => s.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp), spec =>
        {
            byte[] frame = spec.ToBytes();
            Assert.Equal(ParseStatus.Ok, LinkLayer.Parse(frame, spec.Link, out LinkLayerInfo link));
            Assert.Equal((spec.L3Offset, spec.Vlans.Length), (link.NetworkOffset, link.VlanCount));
            ReadOnlySpan<byte> transport = Transport(frame.AsSpan(link.NetworkOffset), spec);
            Assert.Equal(spec.SourcePort, transport[0] << 8 | transport[1]);
            Assert.Equal(spec.DestinationPort, transport[2] << 8 | transport[3]);
            Assert.True(transport.EndsWith(spec.Payload));
        });

    private static ReadOnlySpan<byte> Transport(ReadOnlySpan<byte> packet, FrameSpec spec)
    {
        if (!spec.IsIpv6)
        {
            Assert.Equal(ParseStatus.Ok, Ipv4Header.TryParse(packet, out Ipv4Header ip));
            Assert.Equal((spec.Protocol, spec.Tos, spec.Id), (ip.Protocol, ip.Tos, ip.Id));
            return ip.Payload;
        }

        Assert.Equal(ParseStatus.Ok, Ipv6Header.TryParse(packet, out Ipv6Header ip6));
        Assert.Equal(spec.Tos, ip6.TrafficClass);
        Assert.Equal(ParseStatus.Ok, Ipv6ExtensionChain.Walk(packet, out Ipv6ExtensionInfo chain));
        Assert.Equal((spec.Protocol, spec.Extensions.Length), (chain.Protocol, chain.Count));
        return packet[chain.Offset..(Ipv6Header.Size + ip6.PayloadLength)];
    }

    private static void ReadEverything(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        if (EthernetHeader.TryParse(bytes, out EthernetHeader ethernet) == ParseStatus.Ok)
            sum += (uint)(ethernet.Source.GetHashCode() + ethernet.Destination.GetHashCode() + ethernet.EtherType) + Sum(ethernet.Payload);
        if (VlanTag.TryParse(bytes, out VlanTag vlan) == ParseStatus.Ok)
            sum += vlan.Tci + (uint)vlan.EtherType + Sum(vlan.Payload);
        if (ArpHeader.TryParse(bytes, out ArpHeader arp) == ParseStatus.Ok)
            sum += arp.Operation + arp.SenderAddress + arp.TargetAddress + (uint)arp.SenderMac.GetHashCode() + (uint)arp.TargetMac.GetHashCode();
        if (LinuxSllHeader.TryParse(bytes, out LinuxSllHeader sll) == ParseStatus.Ok)
            sum += sll.PacketType + (uint)sll.HardwareType + sll.Protocol + Sum(sll.Address) + Sum(sll.Payload);
        if (LinuxSll2Header.TryParse(bytes, out LinuxSll2Header sll2) == ParseStatus.Ok)
            sum += sll2.PacketType + (uint)sll2.HardwareType + sll2.Protocol + sll2.InterfaceIndex + Sum(sll2.Address) + Sum(sll2.Payload);
        if (LoopbackHeader.TryParse(bytes, out LoopbackHeader loopback) == ParseStatus.Ok)
            sum += loopback.Family + Sum(loopback.Payload);
        sum += Ip(bytes) + TransportViews(bytes);
        GC.KeepAlive(sum);
    }

    private static uint Ip(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        if (Ipv4Header.TryParse(bytes, out Ipv4Header v4) == ParseStatus.Ok)
        {
            sum += v4.Source + v4.Destination + v4.Checksum + v4.Id + (uint)v4.LengthStatus + Sum(v4.Bytes) + Sum(v4.Payload);
            foreach (Ipv4Options option in v4.Options)
                sum += option.Kind + Sum(option.Data);
        }

        if (Ipv6Header.TryParse(bytes, out Ipv6Header v6) == ParseStatus.Ok)
        {
            sum += (uint)v6.Source.GetHashCode() + (uint)v6.Destination.GetHashCode() + v6.FlowLabel + v6.TrafficClass + Sum(v6.Payload);
            Ipv6ExtensionChain.Walk(bytes, out Ipv6ExtensionInfo chain);
            sum += (uint)chain.Offset;
        }

        foreach (IpProtocol type in new[] { IpProtocol.HopByHop, IpProtocol.Routing, IpProtocol.Fragment, IpProtocol.Ah, IpProtocol.DestinationOptions })
        {
            if (Ipv6ExtensionHeader.TryParse(type, bytes, out Ipv6ExtensionHeader extension) == ParseStatus.Ok)
                sum += extension.FragmentId + extension.SegmentsLeft + Sum(extension.Data) + Sum(extension.Payload);
        }

        return sum;
    }

    private static uint TransportViews(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        if (TcpHeader.TryParse(bytes, out TcpHeader tcp) == ParseStatus.Ok)
        {
            sum += tcp.Sequence + tcp.Acknowledgment + tcp.Window + tcp.Checksum + tcp.UrgentPointer + Sum(tcp.Payload);
            foreach (TcpOptions option in tcp.Options)
            {
                option.TryGetMaximumSegmentSize(out ushort mss);
                option.TryGetTimestamps(out uint value, out uint echo);
                option.TryGetSackBlock(option.SackBlockCount - 1, out uint left, out uint right);
                sum += mss + value + echo + left + right + Sum(option.Data);
            }
        }

        if (UdpHeader.TryParse(bytes, out UdpHeader udp) == ParseStatus.Ok)
            sum += udp.SourcePort + (uint)udp.DestinationPort + udp.Checksum + Sum(udp.Payload);
        if (IcmpHeader.TryParse(bytes, out IcmpHeader icmp) == ParseStatus.Ok)
            sum += icmp.Gateway + icmp.Checksum + Sum(icmp.QuotedPacket) + Sum(icmp.Payload);
        if (Icmpv6Header.TryParse(bytes, out Icmpv6Header icmp6) == ParseStatus.Ok)
            sum += icmp6.Mtu + icmp6.Checksum + Sum(icmp6.QuotedPacket) + Sum(icmp6.Payload);
        if (SctpHeader.TryParse(bytes, out SctpHeader sctp) == ParseStatus.Ok)
        {
            sum += sctp.VerificationTag + sctp.Checksum;
            foreach (SctpChunks chunk in sctp.Chunks)
                sum += chunk.Type + Sum(chunk.Value);
        }

        return sum;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        foreach (byte b in bytes)
            sum += b;
        return sum;
    }
}
