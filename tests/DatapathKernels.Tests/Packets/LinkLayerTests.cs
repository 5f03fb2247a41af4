using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using Xunit;

namespace DatapathKernels.Tests.Packets;

public class LinkLayerTests
{
    [Theory]
    [InlineData(LinkType.Ethernet, 14)]
    [InlineData(LinkType.LinuxSll, 16)]
    [InlineData(LinkType.LinuxSll2, 20)]
    [InlineData(LinkType.Null, 4)]
    [InlineData(LinkType.Loop, 4)]
    [InlineData(LinkType.Raw, 0)]
    [InlineData(LinkType.RawBsd, 0)]
    [InlineData(LinkType.RawOpenBsd, 0)]
    public void Each_link_type_leads_to_ip(LinkType link, int offset)
    {
        foreach (string source in new[] { "10.0.0.1", "fd00::1" })
        {
            byte[] frame = new FrameSpec { Link = link, Source = source, Destination = source }.ToBytes();
            Assert.Equal(ParseStatus.Ok, LinkLayer.Parse(frame, link, out LinkLayerInfo info));
            Assert.Equal(offset, info.NetworkOffset);
            Assert.Equal(source.Contains(':', StringComparison.Ordinal) ? 0x86dd : 0x0800, info.EtherType);
            for (int length = 0; length < Math.Max(1, offset); length++)
                Assert.Equal(ParseStatus.TruncatedLink, LinkLayer.Parse(frame.AsSpan(0, length), link, out _));
        }
    }

    [Theory]
    [InlineData(LinkType.Ethernet)]
    [InlineData(LinkType.LinuxSll)]
    [InlineData(LinkType.LinuxSll2)]
    public void Vlan_tags_are_passed_over_and_kept(LinkType link)
    {
        FrameSpec spec = new() { Link = link, Vlans = [100, 200, 300] };
        byte[] frame = spec.ToBytes();
        Assert.Equal(ParseStatus.Ok, LinkLayer.Parse(frame, link, out LinkLayerInfo info));
        Assert.Equal(((ushort)spec.L3Offset, (byte)3, (ushort)100, (ushort)300), (info.NetworkOffset, info.VlanCount, info.OuterTci, info.InnerTci));
        for (int length = spec.L3Offset - 12; length < spec.L3Offset; length++)
            Assert.Equal(ParseStatus.TruncatedVlan, LinkLayer.Parse(frame.AsSpan(0, length), link, out _));
    }

    [Fact]
    public void Tags_have_a_limit()
    {
        ushort[] most = [.. Enumerable.Repeat((ushort)1, VlanTag.MaxDepth)];
        Assert.Equal(ParseStatus.Ok, LinkLayer.Parse(new FrameSpec { Vlans = most }.ToBytes(), LinkType.Ethernet, out _));
        Assert.Equal(ParseStatus.TooManyVlanTags, LinkLayer.Parse(new FrameSpec { Vlans = [.. most, 1] }.ToBytes(), LinkType.Ethernet, out _));
    }

    [Fact]
    public void What_is_not_ip_says_so()
    {
        byte[] frame = new FrameSpec().ToBytes();
        frame[12] = 0;
        frame[13] = 46;
        LinkLayer.Parse(frame, LinkType.Ethernet, out LinkLayerInfo info);
        Assert.Equal(0, info.EtherType);
        Assert.Equal(ParseStatus.BadVersion, LinkLayer.Parse([0x55], LinkType.Raw, out _));
        Assert.Equal(ParseStatus.UnsupportedLinkType, LinkLayer.Parse(frame, (LinkType)147, out _));
    }

    [Fact]
    public void Implied_families_are_taken_at_their_word()
    {
        LinkLayer.Parse([], LinkType.Ipv4, out LinkLayerInfo v4);
        LinkLayer.Parse([], LinkType.Ipv6, out LinkLayerInfo v6);
        Assert.Equal((0x0800, 0x86dd), (v4.EtherType, v6.EtherType));
    }
}
