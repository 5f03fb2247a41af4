using System.Net;
using DatapathKernels.Bench.Input;
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
}
