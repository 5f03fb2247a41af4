using System.Net;
using DatapathKernels.Bench.Input;
using DatapathKernels.Conntrack;
using DatapathKernels.Filtering;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.Bench;

public class FirstPacketTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.96.0.10", IpProtocol.Tcp)]
    [InlineData("10.0.0.1", "10.96.0.10", IpProtocol.Udp)]
    [InlineData("10.0.0.1", "10.96.0.10", IpProtocol.Sctp)]
    [InlineData("fd00::1", "fd00:96::a", IpProtocol.Tcp)]
    [InlineData("fd00::1", "fd00:96::a", IpProtocol.Udp)]
    public void A_made_packet_parses_to_what_it_was_made_of_and_its_checksums_are_right(string source, string destination, IpProtocol protocol)
    {
        IpNetwork from = IpNetwork.Host(IPAddress.Parse(source)), to = IpNetwork.Host(IPAddress.Parse(destination));
        Span<byte> frame = new byte[FirstPacket.MaxBytes];
        frame = frame[..FirstPacket.Write(frame, from.Family, from.Address, to.Address, 40000, 53, protocol)];

        Assert.Equal(ParseStatus.Ok, FlowParser.Parse(frame, LinkType.Ethernet, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info));
        Assert.Equal(protocol, info.Protocol);
        Assert.Equal((40000, 53), from.Family == IpFamily.V4 ? (v4.SourcePort, v4.DestinationPort) : (v6.SourcePort, v6.DestinationPort));
        Assert.Contains(destination, from.Family == IpFamily.V4 ? v4.ToString() : v6.ToString(), StringComparison.Ordinal);
        Assert.NotEqual(ChecksumVerdict.Invalid, PacketChecksums.VerifyNetwork(frame, info));
        Assert.Equal(ChecksumVerdict.Valid, PacketChecksums.VerifyTransport(frame, info));
    }

    [Theory]
    [InlineData(SctpChunkType.Init, 0u)]
    [InlineData(SctpChunkType.InitAck, SctpChunk.ClientTag)]
    [InlineData(SctpChunkType.CookieEcho, SctpChunk.ServerTag)]
    [InlineData(SctpChunkType.CookieAck, SctpChunk.ClientTag)]
    [InlineData(SctpChunkType.Data, SctpChunk.ServerTag)]
    public void Every_packet_of_an_association_is_whole_and_carries_its_receivers_tag(SctpChunkType type, uint tag)
    {
        Span<byte> frame = new byte[FirstPacket.MaxBytes];
        frame = frame[..FirstPacket.Write(frame, IpFamily.V6, 1, 2, 3, 4, IpProtocol.Sctp, type)];
        FlowParser.Parse(frame, LinkType.Ethernet, 0, out _, out _, out PacketInfo info);
        Assert.Equal(ChecksumVerdict.Valid, PacketChecksums.VerifyTransport(frame, info));
        Assert.Equal(tag, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(frame[(info.L4Offset + 4)..]));
        Assert.Equal((byte)type, frame[info.L4Offset + 12]);
        Assert.Equal(frame.Length - info.L4Offset - 12, System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(frame[(info.L4Offset + 14)..]));
    }
}
