using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Packets;

/// <summary>What writers write, views read: every field of every header.</summary>
public class HeaderViewTests
{
    private static readonly MacAddress MacA = new([0x02, 0, 0, 0, 0, 0x0a]), MacB = new([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);

    [Fact]
    public void Ethernet()
    {
        byte[] bytes = Dirty(EthernetHeader.Size + 3);
        Assert.Equal(EthernetHeader.Size, EthernetWriter.Write(bytes, MacB, MacA, 0x86dd));
        Assert.Equal(ParseStatus.Ok, EthernetHeader.TryParse(bytes, out EthernetHeader header));
        Assert.Equal("ff:ff:ff:ff:ff:ff", header.Destination.ToString());
        Assert.Equal("02:00:00:00:00:0a", header.Source.ToString());
        Assert.True(header.Destination.IsBroadcast && header.Destination.IsMulticast);
        Assert.False(header.Source.IsBroadcast || header.Source.IsMulticast);
        Assert.Equal(0x86dd, header.EtherType);
        Assert.False(header.IsLength);
        Assert.Equal(3, header.Payload.Length);
        Assert.Equal(ParseStatus.TruncatedLink, EthernetHeader.TryParse(bytes.AsSpan(0, 13), out _));
    }

    [Fact]
    public void Vlan()
    {
        byte[] bytes = Dirty(VlanTag.Size);
        VlanWriter.Write(bytes, VlanWriter.Tci(4094, priority: 5, dropEligible: true), 0x0800);
        Assert.Equal(ParseStatus.Ok, VlanTag.TryParse(bytes, out VlanTag tag));
        Assert.Equal((4094, 5, true, 0x0800, 0), (tag.VlanId, tag.Priority, tag.DropEligible, tag.EtherType, tag.Payload.Length));
        Assert.Equal(ParseStatus.TruncatedVlan, VlanTag.TryParse(bytes.AsSpan(0, 3), out _));
    }

    [Fact]
    public void Arp()
    {
        byte[] bytes = Dirty(ArpHeader.Size);
        ArpWriter.Write(bytes, ArpHeader.Reply, MacA, 0x0a000001, MacB, 0x0a000002);
        Assert.Equal(ParseStatus.Ok, ArpHeader.TryParse(bytes, out ArpHeader header));
        Assert.Equal((ArpHeader.Reply, 0x0a000001u, 0x0a000002u), (header.Operation, header.SenderAddress, header.TargetAddress));
        Assert.Equal((MacA, MacB), (header.SenderMac, header.TargetMac));
        Assert.Equal(ParseStatus.TruncatedArp, ArpHeader.TryParse(bytes.AsSpan(0, 27), out _));
        bytes[4] = 8;
        Assert.Equal(ParseStatus.UnsupportedArp, ArpHeader.TryParse(bytes, out _));
    }

    [Fact]
    public void Linux_cooked_v1_and_v2()
    {
        byte[] bytes = Dirty(LinuxSllHeader.Size);
        LinkWriter.WriteSll(bytes, 4, 772, [1, 2, 3], 0x0800);
        Assert.Equal(ParseStatus.Ok, LinuxSllHeader.TryParse(bytes, out LinuxSllHeader v1));
        Assert.Equal((4, 772, 3, 0x0800), (v1.PacketType, v1.HardwareType, v1.AddressLength, v1.Protocol));
        Assert.Equal([1, 2, 3], v1.Address.ToArray());
        Assert.Equal(ParseStatus.TruncatedLink, LinuxSllHeader.TryParse(bytes.AsSpan(0, 15), out _));

        bytes = Dirty(LinuxSll2Header.Size + 1);
        LinkWriter.WriteSll2(bytes, 3, 1, 70_000, new byte[20], 0x86dd);
        Assert.Equal(ParseStatus.Ok, LinuxSll2Header.TryParse(bytes, out LinuxSll2Header v2));
        Assert.Equal((3, 1, 70_000u, 20, 0x86dd), (v2.PacketType, v2.HardwareType, v2.InterfaceIndex, v2.AddressLength, v2.Protocol));
        Assert.Equal(8, v2.Address.Length);
        Assert.Equal(1, v2.Payload.Length);
        Assert.Equal(ParseStatus.TruncatedLink, LinuxSll2Header.TryParse(bytes.AsSpan(0, 19), out _));
    }

    [Theory]
    [InlineData(2u, 0x0800)]
    [InlineData(10u, 0x86dd)]
    [InlineData(24u, 0x86dd)]
    [InlineData(28u, 0x86dd)]
    [InlineData(30u, 0x86dd)]
    [InlineData(7u, 0)]
    public void Loopback_in_either_byte_order(uint family, int etherType)
    {
        byte[] bytes = Dirty(LoopbackHeader.Size);
        foreach (bool networkOrder in new[] { false, true })
        {
            LinkWriter.WriteLoopback(bytes, family, networkOrder);
            Assert.Equal(ParseStatus.Ok, LoopbackHeader.TryParse(bytes, out LoopbackHeader header));
            Assert.Equal((family, etherType), (header.Family, header.EtherType));
        }

        Assert.Equal(ParseStatus.TruncatedLink, LoopbackHeader.TryParse(bytes.AsSpan(0, 3), out _));
    }

    [Fact]
    public void Ipv4_with_options()
    {
        byte[] bytes = Dirty(64);
        Ipv4Fields fields = new(0x0a000001, 0xc0a80102, IpProtocol.Udp, 63, 0xbeef, 0xb9, true, true, 1480);
        Assert.Equal(32, Ipv4Writer.Write(bytes, fields, 8, [7, 7, 4, 1, 2, 3, 4, 148, 4, 0, 0]));
        Assert.Equal(ParseStatus.Ok, Ipv4Header.TryParse(bytes, out Ipv4Header header));
        Assert.Equal((32, 40, 0xbeef, 63), (header.HeaderBytes, header.TotalLength, header.Id, header.Ttl));
        Assert.Equal((0xb9, 0xb9 >> 2, 1), (header.Tos, header.Dscp, header.Ecn));
        Assert.Equal((true, true, 1480, true), (header.DontFragment, header.MoreFragments, header.FragmentOffset, header.IsFragment));
        Assert.Equal((0x0a000001u, 0xc0a80102u, IpProtocol.Udp), (header.Source, header.Destination, header.Protocol));
        Assert.Equal(8, header.Payload.Length);
        Assert.True(InternetChecksum.IsValid(header.Bytes));

        Ipv4Options options = header.Options;
        Assert.True(options.MoveNext());
        Assert.Equal((7, 5), (options.Kind, options.Data.Length));
        Assert.True(options.MoveNext());
        Assert.Equal((148, 2), (options.Kind, options.Data.Length));
        Assert.False(options.MoveNext());
        Assert.Equal(OptionStatus.Ok, options.Status);
    }

    [Theory]
    [InlineData(40, ParseStatus.Ok, 20)]
    [InlineData(20, ParseStatus.Ok, 0)]
    [InlineData(0, ParseStatus.LengthZero, 30)]
    [InlineData(19, ParseStatus.BadTotalLength, 30)]
    [InlineData(51, ParseStatus.TruncatedPayload, 30)]
    public void Ipv4_total_length(int total, ParseStatus expected, int payload)
    {
        byte[] bytes = new byte[50];
        Ipv4Writer.Write(bytes, new Ipv4Fields(1, 2, IpProtocol.Udp), total - 20);
        Assert.Equal(ParseStatus.Ok, Ipv4Header.TryParse(bytes, out Ipv4Header header));
        Assert.Equal(expected, header.LengthStatus);
        Assert.Equal(payload, header.Payload.Length);
    }

    [Fact]
    public void Ipv4_broken_headers()
    {
        byte[] bytes = new byte[60];
        Ipv4Writer.Write(bytes, new Ipv4Fields(1, 2, IpProtocol.Udp), 0, new byte[8]);
        Assert.Equal(ParseStatus.TruncatedIpv4, Ipv4Header.TryParse(default, out _));
        Assert.Equal(ParseStatus.TruncatedIpv4, Ipv4Header.TryParse(bytes.AsSpan(0, 19), out _));
        Assert.Equal(ParseStatus.TruncatedIpv4, Ipv4Header.TryParse(bytes.AsSpan(0, 27), out _));
        bytes[0] = 0x44;
        Assert.Equal(ParseStatus.BadIhl, Ipv4Header.TryParse(bytes, out _));
        bytes[0] = 0x65;
        Assert.Equal(ParseStatus.BadVersion, Ipv4Header.TryParse(bytes, out _));
        Assert.Throws<ArgumentException>(() => Ipv4Writer.Write(new byte[80], default, 0, new byte[41]));
        Assert.Throws<ArgumentException>(() => Ipv4Writer.Write(new byte[80], new Ipv4Fields(1, 2, 0, FragmentOffset: 4), 0));
    }

    [Fact]
    public void Ipv6()
    {
        byte[] bytes = Dirty(Ipv6Header.Size + 5);
        IPv6Address a = FrameSpec.Ipv6("fd00::1"), b = FrameSpec.Ipv6("2001:db8::2");
        Ipv6Writer.Write(bytes, new Ipv6Fields(a, b, IpProtocol.Udp, 9, 0xb9, 0x12345), 4);
        Assert.Equal(ParseStatus.Ok, Ipv6Header.TryParse(bytes, out Ipv6Header header));
        Assert.Equal((0xb9, 0xb9 >> 2, 1, 0x12345u), (header.TrafficClass, header.Dscp, header.Ecn, header.FlowLabel));
        Assert.Equal((4, IpProtocol.Udp, 9), (header.PayloadLength, header.NextHeader, header.HopLimit));
        Assert.Equal((a, b), (header.Source, header.Destination));
        Assert.Equal((ParseStatus.Ok, 4), (header.LengthStatus, header.Payload.Length));
        bytes[5] = 6;
        Ipv6Header.TryParse(bytes, out header);
        Assert.Equal((ParseStatus.TruncatedPayload, 5), (header.LengthStatus, header.Payload.Length));
        Assert.Equal(ParseStatus.TruncatedIpv6, Ipv6Header.TryParse(bytes.AsSpan(0, 39), out _));
        bytes[0] = 0x45;
        Assert.Equal(ParseStatus.BadVersion, Ipv6Header.TryParse(bytes, out _));
    }

    [Fact]
    public void Tcp_with_every_option()
    {
        Span<byte> space = stackalloc byte[40];
        TcpOptionsWriter writer = new(space);
        writer.MaximumSegmentSize(1460);
        writer.SackPermitted();
        writer.Timestamps(0x01020304, 0x05060708);
        writer.NoOperation();
        writer.WindowScale(7);
        writer.Sack(10, 20);
        writer.Other((TcpOptionKind)254, [9]);
        byte[] bytes = Dirty(TcpHeader.MaxSize + 2);
        TcpFields fields = new(1, 65535, TcpFlags.Syn | TcpFlags.Ece, 0xfffffffe, 5, 1024, 77);
        int headerBytes = TcpWriter.Write(bytes, fields, writer.Written);

        Assert.Equal(ParseStatus.Ok, TcpHeader.TryParse(bytes, out TcpHeader header));
        Assert.Equal((1, 65535, 0xfffffffeu, 5u), (header.SourcePort, header.DestinationPort, header.Sequence, header.Acknowledgment));
        Assert.Equal((TcpFlags.Syn | TcpFlags.Ece, 1024, 77, 0), (header.Flags, header.Window, header.UrgentPointer, header.Checksum));
        Assert.Equal((headerBytes, bytes.Length - headerBytes), (header.HeaderBytes, header.Payload.Length));

        TcpOptions options = header.Options;
        Assert.True(options.MoveNext() && options.TryGetMaximumSegmentSize(out ushort mss) && mss == 1460);
        Assert.True(options.MoveNext() && options.Kind == TcpOptionKind.SackPermitted && options.Data.IsEmpty);
        Assert.False(options.TryGetMaximumSegmentSize(out _) || options.TryGetTimestamps(out _, out _) || options.TryGetWindowScale(out _));
        Assert.True(options.MoveNext() && options.TryGetTimestamps(out uint value, out uint echo) && value == 0x01020304 && echo == 0x05060708);
        Assert.True(options.MoveNext() && options.TryGetWindowScale(out byte shift) && shift == 7);
        Assert.True(options.MoveNext() && options.TryGetSackBlock(0, out uint left, out uint right) && left == 10 && right == 20);
        Assert.False(options.TryGetSackBlock(1, out _, out _));
        Assert.True(options.MoveNext() && options.Kind == (TcpOptionKind)254 && options.Data[0] == 9);
        Assert.False(options.MoveNext());
        Assert.Equal(OptionStatus.Ok, options.Status);
    }

    [Theory]
    [InlineData(new byte[] { 2, 1, 0, 0 })]
    [InlineData(new byte[] { 2, 0, 0, 0 })]
    [InlineData(new byte[] { 1, 1, 8, 10 })]
    [InlineData(new byte[] { 1, 1, 1, 5 })]
    public void Tcp_malformed_options_end_the_walk_and_are_reported(byte[] malformed)
    {
        byte[] bytes = new byte[24];
        TcpWriter.Write(bytes, new TcpFields(1, 2, TcpFlags.Syn), malformed);
        TcpHeader.TryParse(bytes, out TcpHeader header);
        TcpOptions options = header.Options;
        Assert.False(options.MoveNext());
        Assert.Equal(OptionStatus.BadLength, options.Status);
        Assert.False(options.MoveNext());
    }

    [Fact]
    public void Tcp_broken_headers()
    {
        byte[] bytes = new byte[24];
        TcpWriter.Write(bytes, new TcpFields(1, 2, TcpFlags.Syn), new byte[4]);
        Assert.Equal(ParseStatus.TruncatedTransport, TcpHeader.TryParse(bytes.AsSpan(0, 19), out _));
        Assert.Equal(ParseStatus.BadTcpDataOffset, TcpHeader.TryParse(bytes.AsSpan(0, 23), out _));
        bytes[12] = 0x40;
        Assert.Equal(ParseStatus.BadTcpDataOffset, TcpHeader.TryParse(bytes, out _));
        Assert.Throws<ArgumentException>(() => TcpWriter.Write(new byte[80], default, new byte[41]));
        Assert.Throws<ArgumentException>(() => { TcpOptionsWriter writer = new(new byte[3]); writer.WindowScale(1); writer.SackPermitted(); });
    }

    [Fact]
    public void Udp()
    {
        byte[] bytes = Dirty(20);
        UdpWriter.Write(bytes, 53, 1024, 4);
        Assert.Equal(ParseStatus.Ok, UdpHeader.TryParse(bytes, out UdpHeader header));
        Assert.Equal((53, 1024, 12, 0, 4), (header.SourcePort, header.DestinationPort, header.Length, header.Checksum, header.Payload.Length));
        Assert.Equal(ParseStatus.BadUdpLength, UdpHeader.TryParse(bytes.AsSpan(0, 11), out _));
        Assert.Equal(ParseStatus.TruncatedTransport, UdpHeader.TryParse(bytes.AsSpan(0, 7), out _));
        bytes[5] = 7;
        Assert.Equal(ParseStatus.BadUdpLength, UdpHeader.TryParse(bytes, out _));
        bytes[5] = 0;
        Assert.Equal(ParseStatus.Ok, UdpHeader.TryParse(bytes, out header));
        Assert.Equal(12, header.Payload.Length);
    }

    [Fact]
    public void Icmp_and_icmpv6()
    {
        byte[] bytes = Dirty(36);
        IcmpWriter.Write(bytes, IcmpType.EchoRequest, 0, IcmpWriter.Echo(7, 9));
        Assert.Equal(ParseStatus.Ok, IcmpHeader.TryParse(bytes, out IcmpHeader echo));
        Assert.Equal((IcmpType.EchoRequest, 7, 9, false), (echo.Type, echo.Id, echo.Sequence, echo.IsError));
        Assert.True(echo.QuotedPacket.IsEmpty);
        Assert.Equal(28, echo.Payload.Length);

        IcmpWriter.Write(bytes, IcmpType.DestinationUnreachable, 4, 1400);
        IcmpHeader.TryParse(bytes, out IcmpHeader unreachable);
        Assert.Equal((4, 1400, 28, 0), (unreachable.Code, unreachable.NextHopMtu, unreachable.QuotedPacket.Length, unreachable.Checksum));

        IcmpWriter.Write(bytes, Icmpv6Type.PacketTooBig, 0, 1280);
        Assert.Equal(ParseStatus.Ok, Icmpv6Header.TryParse(bytes, out Icmpv6Header tooBig));
        Assert.Equal((Icmpv6Type.PacketTooBig, 1280u, true, 28), (tooBig.Type, tooBig.Mtu, tooBig.IsError, tooBig.QuotedPacket.Length));
        Assert.Equal(ParseStatus.TruncatedTransport, IcmpHeader.TryParse(bytes.AsSpan(0, 7), out _));
        Assert.Equal(ParseStatus.TruncatedTransport, Icmpv6Header.TryParse(bytes.AsSpan(0, 7), out _));
    }

    [Fact]
    public void Sctp_and_its_chunks()
    {
        byte[] bytes = Dirty(SctpHeader.Size + 8 + 4);
        SctpWriter.Write(bytes, 5000, 6000, 0xdeadbeef);
        SctpWriter.WriteChunk(bytes.AsSpan(SctpHeader.Size), 0, 3, [1, 2, 3]);
        SctpWriter.WriteChunk(bytes.AsSpan(SctpHeader.Size + 8), 11, 0, []);
        Assert.Equal(ParseStatus.Ok, SctpHeader.TryParse(bytes, out SctpHeader header));
        Assert.Equal((5000, 6000, 0xdeadbeefu, 0u), (header.SourcePort, header.DestinationPort, header.VerificationTag, header.Checksum));

        SctpChunks chunks = header.Chunks;
        Assert.True(chunks.MoveNext());
        Assert.Equal((0, 3, 3), (chunks.Type, chunks.Flags, chunks.Value.Length));
        Assert.True(chunks.MoveNext());
        Assert.Equal((11, 0), (chunks.Type, chunks.Value.Length));
        Assert.False(chunks.MoveNext());
        Assert.Equal(OptionStatus.Ok, chunks.Status);

        bytes[SctpHeader.Size + 3] = 3;
        SctpHeader.TryParse(bytes, out header);
        chunks = header.Chunks;
        Assert.False(chunks.MoveNext());
        Assert.Equal(OptionStatus.BadLength, chunks.Status);
        Assert.Equal(ParseStatus.TruncatedTransport, SctpHeader.TryParse(bytes.AsSpan(0, 11), out _));
    }

    [Fact]
    public void Views_and_writers_allocate_nothing()
    {
        byte[] frame = new FrameSpec { Vlans = [7], TcpOptions = [2, 4, 5, 180] }.ToBytes();
        ulong sum = 0;
        Allocation.IsZero(() =>
        {
            EthernetHeader.TryParse(frame, out EthernetHeader ethernet);
            VlanTag.TryParse(ethernet.Payload, out VlanTag tag);
            Ipv4Header.TryParse(tag.Payload, out Ipv4Header ip);
            TcpHeader.TryParse(ip.Payload, out TcpHeader tcp);
            foreach (TcpOptions option in tcp.Options)
                sum += (ulong)option.Kind;
            sum += ip.Source + tcp.SourcePort;
            Ipv4Writer.Write(frame.AsSpan(18), new Ipv4Fields(ip.Source, ip.Destination, ip.Protocol), 24);
        });
        Assert.NotEqual(0ul, sum);
    }

    private static byte[] Dirty(int length)
    {
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill(0xa5);
        return bytes;
    }
}
