using System.Buffers.Binary;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Packets;

/// <summary>A rewritten packet must be the packet that would have been built with the new address and port.</summary>
public class AddressRewriterTests
{
    private const uint NewAddressBe = 0x0b7100cb;
    private static readonly ushort NewPortBe = PacketInfos.Be(49345);
    private static readonly IPv6Address NewAddress = new([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0xab, 0xcd]);
    private readonly Random _random = new(5);

    [Theory]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    [InlineData(IpProtocol.UdpLite)]
    [InlineData(IpProtocol.Dccp)]
    [InlineData(IpProtocol.Sctp)]
    [InlineData(IpProtocol.Icmp)]
    [InlineData(IpProtocol.Gre)]
    public void V4_checksums_are_those_of_a_new_packet(IpProtocol protocol)
    {
        for (int i = 0; i < 500; i++)
        {
            byte[] frame = V4(protocol, 24 + _random.Next(60));
            PacketInfo info = PacketInfos.Of(frame, 14);
            RewriteStatus status = (i & 1) == 0
                ? AddressRewriter.SetSource(frame, info, NewAddressBe, NewPortBe)
                : AddressRewriter.SetDestination(frame, info, NewAddressBe, NewPortBe);
            Assert.Equal(protocol == IpProtocol.Gre ? RewriteStatus.AddressOnly : RewriteStatus.Ok, status);
            Assert.Equal(NewAddressBe, BitConverter.ToUInt32(frame, 14 + ((i & 1) == 0 ? 12 : 16)));
            int port = protocol == IpProtocol.Icmp ? 4 : (i & 1) * 2;
            if (protocol != IpProtocol.Gre)
                Assert.Equal(NewPortBe, BitConverter.ToUInt16(frame, 34 + port));
            AssertSound(frame, info);
        }
    }

    [Theory]
    [InlineData(IpProtocol.Tcp)]
    [InlineData(IpProtocol.Udp)]
    [InlineData(IpProtocol.Sctp)]
    [InlineData(IpProtocol.IcmpV6)]
    public void V6_checksums_are_those_of_a_new_packet(IpProtocol protocol)
    {
        for (int i = 0; i < 500; i++)
        {
            byte[] frame = V6(protocol, 24 + _random.Next(60));
            PacketInfo info = PacketInfos.Of(frame, 14);
            RewriteStatus status = (i & 1) == 0
                ? AddressRewriter.SetSource(frame, info, NewAddress, NewPortBe)
                : AddressRewriter.SetDestination(frame, info, NewAddress, NewPortBe);
            Assert.Equal(RewriteStatus.Ok, status);
            Assert.Equal(NewAddress, new IPv6Address(frame.AsSpan(14 + ((i & 1) == 0 ? 8 : 24))));
            AssertSound(frame, info);
        }
    }

    [Fact]
    public void There_and_back_is_the_same_packet()
    {
        byte[] frame = V4(IpProtocol.Tcp, 40), before = [.. frame];
        PacketInfo info = PacketInfos.Of(frame, 14);
        AddressRewriter.SetDestination(frame, info, NewAddressBe, NewPortBe);
        AddressRewriter.SetDestination(frame, info, BitConverter.ToUInt32(before, 30), BitConverter.ToUInt16(before, 36));
        Assert.Equal(before, frame);
    }

    [Fact]
    public void An_absent_udp_checksum_stays_absent()
    {
        byte[] frame = V4(IpProtocol.Udp, 30);
        frame.AsSpan(40, 2).Clear();
        PacketInfo info = PacketInfos.Of(frame, 14);
        Assert.Equal(RewriteStatus.Ok, AddressRewriter.SetSource(frame, info, NewAddressBe, NewPortBe));
        Assert.Equal(0, BitConverter.ToUInt16(frame, 40));
        Assert.Equal(ChecksumVerdict.Absent, PacketChecksums.VerifyTransport(frame, info));
    }

    [Fact]
    public void A_zero_udp_checksum_is_illegal_over_ipv6()
    {
        byte[] frame = V6(IpProtocol.Udp, 30);
        frame.AsSpan(60, 2).Clear();
        Assert.Equal(ChecksumVerdict.IllegalZero, PacketChecksums.VerifyTransport(frame, PacketInfos.Of(frame, 14)));
    }

    [Fact]
    public void A_mended_udp_checksum_is_never_zero()
    {
        byte[] original = V4(IpProtocol.Udp, 30), frame = [.. original];
        PacketInfo info = PacketInfos.Of(frame, 14);
        int seen = 0;
        for (int port = 0; port < 65536; port++)
        {
            original.CopyTo(frame, 0);
            AddressRewriter.SetSource(frame, info, NewAddressBe, (ushort)port);
            Assert.NotEqual(0, BitConverter.ToUInt16(frame, 40));
            seen += BitConverter.ToUInt16(frame, 40) == 0xffff ? 1 : 0;
        }

        Assert.True(seen is 1 or 2, "among all ports, one makes the sum zero");
    }

    [Fact]
    public void Fragments_first_mends_the_datagrams_checksum_later_only_the_header()
    {
        byte[] first = V4(IpProtocol.Udp, 40);
        first[20] = 0x20;
        PacketChecksums.Write(first, PacketInfos.Of(first, 14));
        ushort before = BitConverter.ToUInt16(first, 40);
        PacketInfo info = PacketInfos.Of(first, 14);
        Assert.Equal(ChecksumVerdict.NotWhole, PacketChecksums.VerifyTransport(first, info));
        Assert.Equal(RewriteStatus.Ok, AddressRewriter.SetSource(first, info, NewAddressBe, NewPortBe));
        Assert.NotEqual(before, BitConverter.ToUInt16(first, 40));

        byte[] later = V4(IpProtocol.Udp, 40);
        later[21] = 5;
        PacketChecksums.Write(later, PacketInfos.Of(later, 14));
        byte[] payload = later[34..];
        Assert.Equal(RewriteStatus.AddressOnly, AddressRewriter.SetSource(later, PacketInfos.Of(later, 14), NewAddressBe, NewPortBe));
        Assert.Equal(payload, later[34..]);
        Assert.Equal(ChecksumVerdict.Valid, PacketChecksums.VerifyNetwork(later, PacketInfos.Of(later, 14)));
    }

    [Fact]
    public void A_fragmented_sctp_packet_is_left_alone_when_its_port_must_change()
    {
        byte[] frame = V4(IpProtocol.Sctp, 40);
        frame[20] = 0x20;
        byte[] before = [.. frame];
        Assert.Equal(RewriteStatus.NotWhole, AddressRewriter.SetSource(frame, PacketInfos.Of(frame, 14), NewAddressBe, NewPortBe));
        Assert.Equal(before, frame);
        Assert.Equal(RewriteStatus.Ok, AddressRewriter.SetSource(frame, PacketInfos.Of(frame, 14), NewAddressBe, BitConverter.ToUInt16(frame, 34)));
    }

    [Fact]
    public void Icmp_errors_have_no_identifier()
    {
        byte[] frame = V4(IpProtocol.Icmp, 40);
        frame[34] = 3;
        PacketChecksums.Write(frame, PacketInfos.Of(frame, 14));
        byte[] message = frame[34..];
        Assert.Equal(RewriteStatus.AddressOnly, AddressRewriter.SetSource(frame, PacketInfos.Of(frame, 14), NewAddressBe, NewPortBe));
        Assert.Equal(message, frame[34..]);
        AssertSound(frame, PacketInfos.Of(frame, 14));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(4, 0)]
    public void The_pseudo_header_holds_the_last_stop_of_a_routing_header(byte type, int last)
    {
        // IPv6, a routing header of two stops with one left, UDP.
        byte[] frame = new byte[14 + 40 + 40 + 12];
        _random.NextBytes(frame);
        Span<byte> ip = frame.AsSpan(14);
        ip[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], 40 + 12);
        ip[6] = (byte)IpProtocol.Routing;
        ip[40] = (byte)IpProtocol.Udp;
        ip[41] = 4;
        ip[42] = type;
        ip[43] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(ip[84..], 12);
        PacketInfo info = new(ParseStatus.Ok, PacketFlags.Ipv6 | PacketFlags.Options | PacketFlags.Transport, IpProtocol.Udp, 14, 94, 92, 0);
        PacketChecksums.Write(frame, info);
        Assert.Equal(ChecksumVerdict.Valid, PacketChecksums.VerifyTransport(frame, info));
        uint pseudo = InternetChecksum.PseudoHeaderV6(new(ip[8..]), new(ip[(48 + 16 * last)..]), IpProtocol.Udp, 12);
        Assert.True(InternetChecksum.VerifyTransport(pseudo, ip[80..]));
        ip[43] = 0;
        Assert.Equal(ChecksumVerdict.Invalid, PacketChecksums.VerifyTransport(frame, info));
    }

    [Fact]
    public void A_record_of_another_frame_is_refused()
    {
        byte[] frame = V4(IpProtocol.Tcp, 40);
        PacketInfo info = PacketInfos.Of(frame, 14);
        Assert.Throws<ArgumentException>(() => AddressRewriter.SetSource(frame.AsSpan(0, frame.Length - 1), info, NewAddressBe, NewPortBe));
        Assert.Throws<ArgumentException>(() => AddressRewriter.SetSource(frame, info, NewAddress, NewPortBe));
        Assert.Throws<ArgumentException>(() => AddressRewriter.SetSource(frame, default, NewAddressBe, NewPortBe));
        Assert.Throws<ArgumentException>(() => PacketChecksums.VerifyNetwork(frame.AsSpan(0, 30), info));
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        byte[] v4 = V4(IpProtocol.Tcp, 40), v6 = V6(IpProtocol.Udp, 40);
        PacketInfo info4 = PacketInfos.Of(v4, 14), info6 = PacketInfos.Of(v6, 14);
        Allocation.IsZero(() =>
        {
            AddressRewriter.SetSource(v4, info4, NewAddressBe, NewPortBe);
            AddressRewriter.SetDestination(v6, info6, NewAddress, NewPortBe);
            PacketChecksums.VerifyTransport(v4, info4);
            PacketChecksums.Write(v6, info6);
        });
    }

    private static void AssertSound(byte[] frame, in PacketInfo info)
    {
        byte[] written = [.. frame];
        PacketChecksums.Write(written, info);
        Assert.Equal(written, frame);
        Assert.NotEqual(ChecksumVerdict.Invalid, PacketChecksums.VerifyNetwork(frame, info));
        Assert.NotEqual(ChecksumVerdict.Invalid, PacketChecksums.VerifyTransport(frame, info));
    }

    private byte[] V4(IpProtocol protocol, int l4Length)
    {
        byte[] frame = Random(34 + l4Length);
        frame[12] = 8;
        frame[13] = 0;
        frame[14] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(16), (ushort)(20 + l4Length));
        frame.AsSpan(20, 2).Clear();
        frame[23] = (byte)protocol;
        frame[34] = protocol == IpProtocol.Icmp ? (byte)8 : frame[34];
        PacketChecksums.Write(frame, PacketInfos.Of(frame, 14));
        return frame;
    }

    private byte[] V6(IpProtocol protocol, int l4Length)
    {
        byte[] frame = Random(54 + l4Length);
        frame[14] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(18), (ushort)l4Length);
        frame[20] = (byte)protocol;
        frame[54] = protocol == IpProtocol.IcmpV6 ? (byte)128 : frame[54];
        PacketChecksums.Write(frame, PacketInfos.Of(frame, 14));
        return frame;
    }

    private byte[] Random(int length)
    {
        byte[] bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }
}
