using System.Net;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>The answers of the kernel's vxlan device with <c>proxy</c>, byte by byte.</summary>
public class LiveNeighborTests
{
    private const string Devices = """
        link set dev tap0 address 02:00:00:00:00:02
        addr add 192.0.2.2/24 dev tap0
        link set tap0 up
        neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev tap0 nud permanent
        link add name vx0 address 02:00:00:00:00:03 type vxlan id 42 local 192.0.2.2 remote 192.0.2.1 dstport 4789 nolearning proxy
        link set dev vx0 addrgenmode none
        link set vx0 up
        """;

    [KernelVxlanFact]
    public void Answers_are_the_kernels() => LinuxNetwork.Run(() =>
    {
        using PacketDevice tap = PacketDevice.OpenTap("tap0");
        LinuxNetwork.Ip(Devices);
        using PacketDevice vxlan = PacketDevice.OpenSocket("vx0");
        using NeighborProxy proxy = new(64);
        for (int i = 1; i <= 8; i++)
        {
            MacAddress mac = new([2, 0, 0, 0, 1, (byte)i]);
            LinuxNetwork.Ip($"neigh add 10.0.0.{i} lladdr {mac} dev vx0 nud permanent\nneigh add fd00::{i} lladdr {mac} dev vx0 nud permanent");
            proxy.Set(42, IPv6Address.FirstWord(KernelVxlanTests.Address($"10.0.0.{i}")), mac);
            proxy.Set(42, FrameSpec.Ipv6($"fd00::{i}"), mac);
        }

        byte[] reply = new byte[NeighborProxy.MostReplyBytes];
        for (int i = 1; i <= 8; i++)
        {
            foreach (byte[] request in Requests(i))
            {
                Assert.Equal(NeighborStatus.Answered, proxy.Answer(42, request, reply, out int bytes));
                Assert.True(vxlan.TryWrite(request));
                Assert.Equal(vxlan.TryRead(1000) is { } answer ? Convert.ToHexString(answer) : null, Convert.ToHexString(reply.AsSpan(0, bytes)));
            }
        }
    });

    private static IEnumerable<byte[]> Requests(int target)
    {
        MacAddress asker = new([2, 0, 0, 0, 2, (byte)target]);
        byte[] arp = new byte[42], mac = new byte[6];
        EthernetWriter.Write(arp, new MacAddress([255, 255, 255, 255, 255, 255]), asker, ArpHeader.EtherType);
        ArpWriter.Write(arp.AsSpan(14), ArpHeader.Request, asker, FrameSpec.Ipv4("10.0.0.99"), default, FrameSpec.Ipv4($"10.0.0.{target}"));
        yield return arp;
        asker.CopyTo(mac);
        byte[] address = IPAddress.Parse($"fd00::{target}").GetAddressBytes();
        foreach (byte[] payload in new byte[][] { address, [.. address, 1, 1, .. mac] })
        {
            byte[] solicitation = new FrameSpec { Source = "fd00::99", Destination = $"ff02::1:ff00:{target}", Protocol = IpProtocol.IcmpV6, IcmpType = 135, IcmpRest = 0, Ttl = 255, Payload = payload }.ToBytes();
            mac.CopyTo(solicitation, 6);
            yield return solicitation;
        }
    }
}
