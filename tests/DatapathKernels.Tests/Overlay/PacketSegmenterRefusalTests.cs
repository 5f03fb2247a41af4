using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>What is not segmented, and that refusing and cutting allocate nothing and read nothing outside.</summary>
public class PacketSegmenterRefusalTests
{
    [Fact]
    public void Fragments_control_segments_and_signed_packets_are_not_cut()
    {
        Assert.Equal(SegmentationStatus.Unsupported, Segment(Frames.Ethernet4(Frames.Ipv4(IpProtocol.Udp, Frames.Udp(300), fragment: 0x2000)), 100));
        Assert.Equal(SegmentationStatus.Unsupported, Segment(LargeFrames.Build(false, true, 300, TcpFlags.Syn), 100));
        Assert.Equal(SegmentationStatus.Unsupported, Segment(LargeFrames.Build(true, true, 300, TcpFlags.Rst), 100));
        Assert.Equal(SegmentationStatus.Ok, Segment(LargeFrames.Build(false, true, 100, TcpFlags.Syn), 100));
        byte[] signed = Frames.Ethernet6(Frames.Ipv6(IpProtocol.Ah, [6, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, .. Frames.Tcp(300)]));
        Assert.Equal(SegmentationStatus.Unsupported, Segment(signed, 100));
        Assert.Equal(SegmentationStatus.Unsupported, Segment(Frames.Ethernet4(Frames.Ipv4(IpProtocol.Udp, [.. Frames.Udp(300), 1, 2])), 100));
        Assert.Equal(SegmentationStatus.NotWhole, Segment(Frames.Ethernet4(Frames.Ipv4(IpProtocol.Icmp, Frames.Icmp(8, 0, 1, new byte[300]))), 100));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(65_500)]
    public void Sizes_that_no_packet_can_have_are_refused(int size) =>
        Assert.Equal(SegmentationStatus.BadSize, Segment(LargeFrames.Build(false, true, 100_000), size));

    [Fact]
    public void Extension_headers_and_a_fixed_identification_are_kept()
    {
        byte[] frame = Frames.Ethernet6(Frames.Ipv6(IpProtocol.DestinationOptions, Frames.Extension(IpProtocol.Udp, Frames.Udp(500))));
        PacketInfo info = LargeFrames.Parse(frame);
        PacketChecksums.Write(frame, info);
        byte[] output = new byte[2000];
        Assert.Equal(SegmentationStatus.Ok, PacketSegmenter.TrySegment(frame, info, new SegmentOptions(200), output, out SegmentLayout layout));
        Assert.Equal(3, layout.Count);
        Assert.Equal(ChecksumVerdict.Valid, PacketChecksums.VerifyTransport(layout.Slice(output, 2), LargeFrames.Parse(layout.Slice(output, 2))));

        frame = LargeFrames.Build(false, true, 500);
        Assert.Equal(SegmentationStatus.Ok, PacketSegmenter.TrySegment(frame, LargeFrames.Parse(frame), new SegmentOptions(200, FixedId: true), output, out layout));
        Assert.Equal(frame[18..20], layout.Slice(output, 2)[18..20].ToArray());
    }

    [Fact]
    public void Mutated_and_truncated_frames_never_throw_or_read_outside()
    {
        using GuardedMemory memory = new(8192);
        Random random = new(7);
        byte[] inner = LargeFrames.Build(true, true, 900);
        byte[] frame = LargeFrames.Wrap(inner, false, true);
        byte[] output = new byte[200_000];
        for (int round = 0; round < 3000; round++)
        {
            byte[] bytes = frame[..random.Next(frame.Length + 1)];
            for (int i = random.Next(4); i > 0 && bytes.Length > 0; i--)
                bytes[random.Next(Math.Min(bytes.Length, 120))] = (byte)random.Next(256);
            Span<byte> packet = memory.AtEnd(bytes);
            PacketInfo outer = LargeFrames.Parse(packet);
            int at = Math.Min(50, packet.Length);
            PacketSegmenter.TrySegment(packet, outer, new SegmentOptions(random.Next(1, 300)), output, out _);
            PacketSegmenter.TrySegment(packet, outer, at, LargeFrames.Parse(packet[at..]), new SegmentOptions(random.Next(1, 300)), output, out _);
            PacketFragmenter.TryFragment(packet, outer, new FragmentOptions(random.Next(20, 400), true, true), output, out _);
        }
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        byte[] frame = LargeFrames.Build(false, true, 20_000);
        PacketInfo info = LargeFrames.Parse(frame);
        byte[] output = new byte[40_000];
        Allocation.IsZero(() => PacketSegmenter.TrySegment(frame, info, new SegmentOptions(1448), output, out _));
        Allocation.IsZero(() => PacketFragmenter.TryFragment(frame, info, new FragmentOptions(1500, true), output, out _));
    }

    private static SegmentationStatus Segment(byte[] frame, int size) =>
        PacketSegmenter.TrySegment(frame, LargeFrames.Parse(frame), new SegmentOptions(size), new byte[400_000], out _);
}
