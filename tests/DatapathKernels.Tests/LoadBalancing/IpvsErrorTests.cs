using System.Buffers.Binary;
using System.Net;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>ICMP errors as <c>ip_vs_in_icmp</c> and <c>ip_vs_out_icmp</c> treat them, by forwarding method.</summary>
public class IpvsErrorTests
{
    private const string Client = "192.0.2.7", Vip = "10.96.0.10", Server = "10.0.1.1", Router = "10.0.0.254";
    private const string Client6 = "2001:db8::7", Vip6 = "fd00:10:96::a", Server6 = "fd00:1::1";

    [Theory]
    [InlineData(3, true)]
    [InlineData(4, true)]
    [InlineData(5, false)]
    [InlineData(11, true)]
    [InlineData(12, false)]
    public void Of_icmp_three_types_are_translated(byte type, bool translated)
    {
        using IpvsDirector director = Open(Client, Vip, Server, ForwardingMode.Nat, out TestPacket request);
        TestPacket error = Error(Router, request, type), before = error.Copy();
        Assert.Equal(translated ? IpvsStatus.Replied : IpvsStatus.NotOurs, Process(director, error));
        Assert.Equal(translated, !before.Bytes.AsSpan().SequenceEqual(error.Bytes));
        Assert.True(error.ChecksumsAreRight());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Of_icmpv6_all_errors_are(byte type)
    {
        using IpvsDirector director = Open(Client6, Vip6, Server6, ForwardingMode.Nat, out TestPacket request);
        TestPacket error = Error(Server6, request, type);
        Assert.Equal(IpvsStatus.Replied, Process(director, error));
        Assert.True(error.ChecksumsAreRight());
    }

    /// <summary>The kernel looks at checksums, but for ICMPv6 on its way in, and on the way out where it translates.</summary>
    [Theory]
    [InlineData(ForwardingMode.Nat, false, true, IpvsStatus.BadChecksum)]
    [InlineData(ForwardingMode.Nat, false, false, IpvsStatus.BadChecksum)]
    [InlineData(ForwardingMode.Nat, true, true, IpvsStatus.BadChecksum)]
    [InlineData(ForwardingMode.Nat, true, false, IpvsStatus.Forwarded)]
    [InlineData(ForwardingMode.DirectRouting, false, true, IpvsStatus.Replied)]
    [InlineData(ForwardingMode.DirectRouting, false, false, IpvsStatus.BadChecksum)]
    [InlineData(ForwardingMode.Tunnel, true, true, IpvsStatus.Replied)]
    [InlineData(ForwardingMode.Tunnel, true, false, IpvsStatus.Forwarded)]
    public void A_corrupt_error_goes_no_further(ForwardingMode mode, bool ipv6, bool fromServer, IpvsStatus expected)
    {
        (string client, string vip, string server) = ipv6 ? (Client6, Vip6, Server6) : (Client, Vip, Server);
        using IpvsDirector director = Open(client, vip, server, mode, out TestPacket request);
        TestPacket answer = mode == ForwardingMode.Nat ? TestPacket.Udp(server, client, 8080, 40000) : TestPacket.Udp(vip, client, 80, 40000);
        Assert.Equal(IpvsStatus.Replied, Process(director, answer));
        TestPacket error = fromServer ? Error(server, request, ipv6 ? (byte)1 : (byte)3) : Error(client, answer, ipv6 ? (byte)1 : (byte)3);
        error.Bytes[^1] ^= 1;
        TestPacket before = error.Copy();
        Assert.Equal(expected, Process(director, error));
        Assert.Equal(mode != ForwardingMode.Nat || expected == IpvsStatus.BadChecksum, before.Bytes.AsSpan().SequenceEqual(error.Bytes));
    }

    /// <summary>The quoted header's checksum is computed, not mended: whatever stood there.</summary>
    [Fact]
    public void The_quoted_header_is_right_afterwards()
    {
        using IpvsDirector director = Open(Client, Vip, Server, ForwardingMode.Nat, out TestPacket request);
        request.Bytes[10] ^= 0x55;
        TestPacket error = Error(Server, request, 3);
        Assert.Equal(IpvsStatus.Replied, Process(director, error));
        Assert.True(InternetChecksum.IsValid(error.Bytes.AsSpan(28, 20)));
    }

    [Theory]
    [InlineData(1400, true, 1380)]
    [InlineData(80, true, 80)]
    [InlineData(1400, false, 0)]
    public void The_client_of_a_tunnel_learns_of_errors_on_the_way_to_the_server(int mtu, bool dontFragment, int told)
    {
        using IpvsDirector director = Open(Client, Vip, Server, ForwardingMode.Tunnel, out TestPacket request);
        if (dontFragment)
            SetDontFragment(request.Bytes);
        TestPacket error = TunnelError(request, Server, 3, 4, (uint)mtu);
        Assert.Equal(IpvsStatus.TunnelError, Process(director, error));
        byte[] answer = new byte[576];
        int length = IpvsTunnelErrors.Write(error.Bytes, error.Info, answer);
        Assert.Equal(dontFragment, length > 0);
        if (length == 0)
            return;
        TestPacket sent = new() { Bytes = answer[..length] };
        Assert.True(sent.ChecksumsAreRight());
        Assert.Equal((Vip, Client), (new IPAddress(sent.Bytes.AsSpan(12, 4)).ToString(), new IPAddress(sent.Bytes.AsSpan(16, 4)).ToString()));
        Assert.Equal((3, 4, told), (sent.Bytes[20], sent.Bytes[21], BinaryPrimitives.ReadUInt16BigEndian(sent.Bytes.AsSpan(26))));
        Assert.Equal(request.Bytes, sent.Bytes[28..]);
    }

    [Fact]
    public void Other_tunnels_errors_are_not_ours()
    {
        using IpvsDirector director = Open(Client, Vip, Server, ForwardingMode.Tunnel, out TestPacket request);
        Assert.Equal(IpvsStatus.NotOurs, Process(director, TunnelError(request, "10.0.1.2", 11, 0, 0)));
        TestPacket corrupt = TunnelError(request, Server, 11, 0, 0);
        corrupt.Bytes[^1] ^= 1;
        Assert.Equal(IpvsStatus.BadChecksum, Process(director, corrupt));
        for (int cut = 20; cut < corrupt.Bytes.Length; cut++)
        {
            TestPacket shorter = new() { Bytes = corrupt.Bytes[..cut] };
            BinaryPrimitives.WriteUInt16BigEndian(shorter.Bytes.AsSpan(2), (ushort)cut);
            Process(director, shorter);
            IpvsTunnelErrors.Write(shorter.Bytes, shorter.Info, new byte[576]);
        }
    }

    /// <summary>Where the real server is this node, or behind it, its packets pass here: then they count for the state as under NAT.</summary>
    [Theory]
    [InlineData(true, 60)]
    [InlineData(false, 120)]
    public void Servers_of_direct_routing_are_noticed_when_their_packets_pass(bool passes, int seconds)
    {
        const byte syn = 2, ack = 16, fin = 17;
        using IpvsDirector director = new(new IpvsOptions());
        director.Add(Service(Vip, Server, IpProtocol.Tcp, ForwardingMode.DirectRouting));
        Process(director, TestPacket.Tcp(Client, Vip, 40000, 80, syn));
        TestPacket answer = TestPacket.Tcp(Vip, Client, 80, 40000, syn | ack), before = answer.Copy();
        if (passes)
            Assert.Equal(IpvsStatus.Replied, Process(director, answer));
        Assert.Equal(before.Bytes, answer.Bytes);
        Process(director, TestPacket.Tcp(Client, Vip, 40000, 80, ack));
        Process(director, TestPacket.Tcp(Client, Vip, 40000, 80, fin));
        Assert.Equal(0, director.Expire((seconds * 1000) - 1000));
        Assert.Equal(1, director.Expire((seconds * 1000) + 1000));
    }

    private static IpvsDirector Open(string client, string vip, string server, ForwardingMode mode, out TestPacket request)
    {
        IpvsDirector director = new(new IpvsOptions());
        director.Add(Service(vip, server, IpProtocol.Udp, mode));
        request = TestPacket.Udp(client, vip, 40000, 80);
        Assert.Equal(IpvsStatus.Forwarded, Process(director, request));
        return director;
    }

    private static IpvsService Service(string vip, string server, IpProtocol protocol, ForwardingMode mode)
    {
        VirtualService scheduler = new(SchedulerKind.RoundRobin);
        scheduler.Add(new RealServer(IPAddress.Parse(server), 8080, Forwarding: mode));
        return new(IPAddress.Parse(vip), 80, protocol, scheduler);
    }

    private static IpvsStatus Process(IpvsDirector director, TestPacket packet)
    {
        FlowParser.ParseNetwork(packet.Bytes, 0, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
        return director.Process(packet.Bytes, info, v4, v6, 0, 0, out _);
    }

    private static TestPacket Error(string source, TestPacket about, byte type, byte code = 0, uint rest = 0)
    {
        byte[] answer = new byte[1280], from = new byte[16];
        IPAddress.Parse(source).TryWriteBytes(from, out _);
        int length = IcmpErrorWriter.Write(about.Bytes, about.Info, about.Bytes.Length, type, code, rest, new IPv6Address(from), answer);
        return new() { Bytes = answer[..length] };
    }

    private static TestPacket TunnelError(TestPacket inside, string server, byte type, byte code, uint rest)
    {
        byte[] tunnel = new byte[20 + inside.Bytes.Length], to = new byte[16];
        inside.Bytes.CopyTo(tunnel, 20);
        IPAddress.Parse(server).TryWriteBytes(to, out _);
        Assert.True(IpvsForwarding.TryWriteTunnelV4(tunnel, BitConverter.ToUInt32(IPAddress.Parse("10.0.0.1").GetAddressBytes()), new IPv6Address(to)));
        return Error(Router, new() { Bytes = tunnel }, type, code, rest);
    }

    private static void SetDontFragment(Span<byte> packet)
    {
        packet[6] |= 0x40;
        packet[10..12].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], InternetChecksum.Compute(packet[..20]));
    }
}
