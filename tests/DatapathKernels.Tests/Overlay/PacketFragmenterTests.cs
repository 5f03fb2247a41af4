using System.Buffers.Binary;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using FsCheck.Fluent;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>Fragments put together again are the datagram, and none is larger than the path.</summary>
public class PacketFragmenterTests
{
    [Fact]
    public void Fragments_reassemble_to_the_datagram()
    {
        FsCheck.Gen<(bool V6, int Payload, int Mtu)> cases =
            from v6 in Gen.Elements(false, true)
            from payload in Gen.Choose(0, 9000)
            from mtu in Gen.Choose(96, 3000)
            select (v6, payload, mtu);
        Property.Check(cases, c =>
        {
            byte[] frame = LargeFrames.Build(c.V6, false, c.Payload, vlan: c.Payload % 2 == 0);
            Assert.Equal(frame, Reassemble(frame, new FragmentOptions(c.Mtu, true, true, 0xcafe, 12)));
        });
    }

    [Fact]
    public void A_fragment_may_be_cut_again()
    {
        byte[] frame = Frames.Ethernet4(Frames.Ipv4(IpProtocol.Udp, new byte[1000], fragment: 0x2000 | 50));
        byte[] output = new byte[4000];

        Assert.Equal(SegmentationStatus.Ok, PacketFragmenter.TryFragment(frame, LargeFrames.Parse(frame), new FragmentOptions(500), output, out SegmentLayout layout));

        Assert.Equal([0x2000 | 50, 0x2000 | 110, 0x2000 | 170], Enumerable.Range(0, layout.Count).Select(i => BinaryPrimitives.ReadUInt16BigEndian(layout.Slice(output, i)[20..])));
    }

    [Fact]
    public void Options_without_the_copied_bit_stay_with_the_first()
    {
        byte[] options = [7, 3, 4, 0x94, 4, 0, 0, 1];
        byte[] frame = Frames.Ethernet4(Frames.Ipv4(IpProtocol.Udp, Frames.Udp(500), options));
        byte[] output = new byte[4000];

        PacketFragmenter.TryFragment(frame, LargeFrames.Parse(frame), new FragmentOptions(300), output, out SegmentLayout layout);

        Assert.Equal(options, layout.Slice(output, 0)[34..42].ToArray());
        Assert.Equal([1, 1, 1, 0x94, 4, 0, 0, 1], layout.Slice(output, 1)[34..42].ToArray());
        Assert.True(InternetChecksum.IsValid(layout.Slice(output, 1)[14..42]));
    }

    [Fact]
    public void The_fragment_header_stands_behind_what_routers_read()
    {
        byte[] frame = Frames.Ethernet6(Frames.Ipv6(IpProtocol.HopByHop, Frames.Extension(IpProtocol.Udp, Frames.Udp(2000))));
        byte[] output = new byte[4000];

        Assert.Equal(SegmentationStatus.Ok, PacketFragmenter.TryFragment(frame, LargeFrames.Parse(frame), new FragmentOptions(1280, IsSender: true), output, out SegmentLayout layout));

        Span<byte> first = layout.Slice(output, 0);
        Assert.Equal((0, 44, 17), (first[20], first[54], first[62]));
        Assert.Equal(1280, first.Length - 14);
    }

    [Fact]
    public void Who_may_not_fragment_does_not()
    {
        Assert.Equal(SegmentationStatus.DontFragment, Try(LargeFrames.Build(false, false, 2000), new FragmentOptions(1500)));
        Assert.Equal(SegmentationStatus.DontFragment, Try(LargeFrames.Build(true, false, 2000), new FragmentOptions(1500)));
        Assert.Equal(SegmentationStatus.Ok, Try(LargeFrames.Build(true, false, 1000), new FragmentOptions(1500)));
        Assert.Equal(SegmentationStatus.BadSize, Try(LargeFrames.Build(false, false, 2000), new FragmentOptions(27, true)));
        byte[] fragment = Frames.Ethernet6(Frames.Ipv6(IpProtocol.Fragment, Frames.FragmentExtension(IpProtocol.Udp, 0, true, Frames.Udp(1592))));
        Assert.Equal(SegmentationStatus.Unsupported, Try(fragment, new FragmentOptions(1500, IsSender: true)));
    }

    private static SegmentationStatus Try(byte[] frame, in FragmentOptions options) =>
        PacketFragmenter.TryFragment(frame, LargeFrames.Parse(frame), options, new byte[5000], out _);

    private static byte[] Reassemble(byte[] frame, in FragmentOptions options)
    {
        PacketInfo info = LargeFrames.Parse(frame);
        byte[] output = new byte[100_000];
        Assert.Equal(SegmentationStatus.Ok, PacketFragmenter.TryFragment(frame, info, options, output, out SegmentLayout layout));
        byte[] whole = [.. frame.AsSpan(0, info.L4Offset)];
        for (int i = 0; i < layout.Count; i++)
        {
            ReadOnlySpan<byte> fragment = layout.Slice(output, i);
            PacketInfo found = LargeFrames.Parse(fragment);
            Assert.True(found.L3Length <= options.Mtu && found.HasKey && found.L3Offset + found.L3Length == fragment.Length);
            Assert.Equal(whole.Length - info.L4Offset, found.FragmentOffset);
            Assert.Equal(i < layout.Count - 1, (found.Flags & PacketFlags.MoreFragments) != 0);
            Assert.NotEqual(ChecksumVerdict.Invalid, PacketChecksums.VerifyNetwork(fragment, found));
            whole = [.. whole, .. fragment[found.L4Offset..]];
        }

        return whole;
    }
}
