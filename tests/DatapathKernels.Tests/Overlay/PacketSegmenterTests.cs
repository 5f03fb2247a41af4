using System.Buffers.Binary;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Simd;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using FsCheck.Fluent;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

public class PacketSegmenterScalarTests : PacketSegmenterTests<ScalarIsa>;

public class PacketSegmenter128Tests : PacketSegmenterTests<Isa128>;

public class PacketSegmenter256Tests : PacketSegmenterTests<Isa256>;

public class PacketSegmenter512Tests : PacketSegmenterTests<Isa512>;

/// <summary>Segments put together again are the packet they came from; each one stands on its own.</summary>
public abstract class PacketSegmenterTests<TIsa>
    where TIsa : struct, IIsa
{
    private const TcpFlags AllFlags = TcpFlags.Ack | TcpFlags.Psh | TcpFlags.Fin | TcpFlags.Cwr | TcpFlags.Ece;

    [Fact]
    public void Bytes_and_flags_are_conserved()
    {
        FsCheck.Gen<(int Shape, int Payload, int Size)> cases =
            from shape in Gen.Choose(0, 15)
            from payload in Gen.Choose(0, 9000)
            from size in Gen.Choose(1, 3000)
            select (shape, payload, Math.Max(size, payload / 40));
        Property.Check(cases, c =>
        {
            byte[] frame = LargeFrames.Build((c.Shape & 1) != 0, (c.Shape & 2) != 0, c.Payload, AllFlags, (c.Shape & 4) != 0, (c.Shape & 8) != 0);
            PacketInfo info = LargeFrames.Parse(frame);
            byte[] output = new byte[100_000];

            Assert.Equal(SegmentationStatus.Ok, PacketSegmenter.TrySegment<TIsa>(frame, info, new SegmentOptions(c.Size, 50), output, out SegmentLayout layout));

            CheckAll(frame, info, output, layout, 0);
        });
    }

    [Theory]
    [InlineData(false, false, false, true)]
    [InlineData(false, true, true, true)]
    [InlineData(true, false, true, true)]
    [InlineData(true, true, false, true)]
    [InlineData(false, true, true, false)]
    [InlineData(true, false, false, false)]
    [InlineData(false, false, true, false)]
    public void Inside_vxlan_outer_headers_stand_on_every_segment(bool outer6, bool inner6, bool checksum, bool tcp)
    {
        byte[] inner = LargeFrames.Build(inner6, tcp, 20_001, AllFlags);
        byte[] frame = LargeFrames.Wrap(inner, outer6, checksum);
        PacketInfo outerInfo = LargeFrames.Parse(frame), innerInfo = LargeFrames.Parse(inner);
        int at = frame.Length - inner.Length;
        int payload = PacketSegmenter.LargestPayload(frame, outerInfo, at, innerInfo, 1500);
        byte[] output = new byte[100_000];

        Assert.Equal(SegmentationStatus.Ok, PacketSegmenter.TrySegment<TIsa>(frame, outerInfo, at, innerInfo, new SegmentOptions(payload), output, out SegmentLayout layout));

        CheckAll(inner, innerInfo, output, layout, at);
        for (int i = 0; i < layout.Count; i++)
        {
            Span<byte> segment = layout.Slice(output, i);
            PacketInfo info = LargeFrames.Parse(segment);
            Assert.True(info.Status == ParseStatus.Ok && info.L3Length <= 1500 && info.L3Offset + info.L3Length == segment.Length);
            Assert.Equal(i < layout.Count - 1 ? 1500u : info.L3Length, info.L3Length);
            Assert.Equal(outer6 ? ChecksumVerdict.Absent : ChecksumVerdict.Valid, PacketChecksums.VerifyNetwork(segment, info));
            ChecksumVerdict verdict = PacketChecksums.VerifyTransport(segment, info);
            Assert.Equal(checksum ? ChecksumVerdict.Valid : outer6 ? ChecksumVerdict.IllegalZero : ChecksumVerdict.Absent, verdict);
        }
    }

    [Fact]
    public void A_packet_larger_than_its_length_field_can_say_is_split_too()
    {
        foreach (bool tcp in (ReadOnlySpan<bool>)[true, false])
        {
            byte[] frame = LargeFrames.Build(false, tcp, 180_000, AllFlags);
            PacketInfo info = LargeFrames.Parse(frame);
            byte[] output = new byte[250_000];

            Assert.Equal(SegmentationStatus.Ok, PacketSegmenter.TrySegment<TIsa>(frame, info, new SegmentOptions(1396), output, out SegmentLayout layout));

            CheckAll(frame, info, output, layout, 0);
        }
    }

    [Fact]
    public void Output_is_never_written_outside_the_segments_it_names()
    {
        using GuardedMemory memory = new(64 * 1024);
        for (int payload = 0; payload < 600; payload += 7)
        {
            byte[] frame = LargeFrames.Build(false, true, payload);
            PacketInfo info = LargeFrames.Parse(frame);
            SegmentOptions options = new(100);
            PacketSegmenter.TrySegment<TIsa>(frame, info, options, default, out SegmentLayout layout);
            Span<byte> room = memory.AtEnd(layout.OutputBytes);
            room.Fill(0xcc);

            Assert.Equal(SegmentationStatus.Ok, PacketSegmenter.TrySegment<TIsa>(frame, info, options, room, out layout));

            Assert.Equal(SegmentationStatus.NoRoom, PacketSegmenter.TrySegment<TIsa>(frame, info, options, room[1..], out _));
            for (int i = 0; i < layout.Count; i++)
                layout.Slice(room, i).Fill(0xcc);
            Assert.False(room.ContainsAnyExcept((byte)0xcc));
        }
    }

    /// <summary>Every segment parses, verifies and says what it should; together they are the payload.</summary>
    private static void CheckAll(ReadOnlySpan<byte> frame, in PacketInfo info, Span<byte> output, in SegmentLayout layout, int at)
    {
        int headers = layout.HeaderBytes - at;
        int offset = 0;
        for (int i = 0; i < layout.Count; i++)
        {
            ReadOnlySpan<byte> segment = layout.Slice(output, i)[at..];
            PacketInfo found = LargeFrames.Parse(segment);
            Assert.Equal(ParseStatus.Ok, found.Status);
            Assert.Equal(segment.Length, found.L3Offset + (int)found.L3Length);
            Assert.Equal(ChecksumVerdict.Valid, PacketChecksums.VerifyTransport(segment, found));
            if ((found.Flags & PacketFlags.Ipv4) != 0)
            {
                Assert.Equal(ChecksumVerdict.Valid, PacketChecksums.VerifyNetwork(segment, found));
                Assert.Equal(0x1234 + i, BinaryPrimitives.ReadUInt16BigEndian(segment[(found.L3Offset + 4)..]));
            }

            if (found.Protocol == IpProtocol.Tcp)
            {
                TcpFlags flags = (TcpFlags)segment[found.L4Offset + 13];
                TcpFlags original = (TcpFlags)frame[info.L4Offset + 13];
                TcpFlags last = i == layout.Count - 1 ? TcpFlags.Psh | TcpFlags.Fin : 0, first = i == 0 ? TcpFlags.Cwr : 0;
                Assert.Equal(original & (TcpFlags.Ack | TcpFlags.Ece | last | first), flags);
                Assert.Equal(unchecked(0xfffffff0 + (uint)offset), BinaryPrimitives.ReadUInt32BigEndian(segment[(found.L4Offset + 4)..]));
            }

            Assert.True(segment[..info.L3Offset].SequenceEqual(frame[..info.L3Offset]));
            Assert.True(segment[headers..].SequenceEqual(frame.Slice(headers + offset, segment.Length - headers)));
            offset += segment.Length - headers;
        }

        Assert.Equal(info.L3Offset + (int)info.L3Length, headers + offset);
    }
}
