using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>No set of options makes an outer packet longer than the path MTU, every packet up to it goes in, and what went in comes out, at every size.</summary>
public class TunnelLimitTests
{
    private const int Sizes = 600;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Udp_tunnels(bool v6, bool geneve)
    {
        Random random = new(61);
        using PacketArena arena = new(1, 10_240, 512);
        for (int run = 0; run < Sizes; run++)
        {
            UdpTunnelOptions options = Options(random, v6, geneve);
            UdpTunnel tunnel = geneve ? UdpTunnel.Geneve(options, 42, run % 2 == 0 ? [] : Option(random)) : UdpTunnel.Vxlan(options, 42, run % 5 == 0 ? 9u : null);
            if (run % 4 == 3)
                tunnel.PathMtu = random.Next(576, 9001);
            byte[] frame = Frame(random, tunnel.LargestInner), made = new byte[frame.Length + tunnel.HeaderBytes];
            bool fits = frame.Length + tunnel.HeaderBytes - 14 <= tunnel.PathMtu;
            Assert.Equal(fits, frame.Length - 14 <= tunnel.LargestInner);

            frame.CopyTo(made, tunnel.HeaderBytes);
            Assert.Equal(fits, tunnel.TryWrite(made, 7));
            Assert.Equal(fits ? made.Length : 0, tunnel.Copy(frame, new byte[made.Length], 7));
            arena.Clear();
            arena.TryAdd(frame);
            Assert.Equal(fits ? 1 : 0, tunnel.WriteBurst(arena, 0, [7], 0, [LargeFrames.Parse(frame)]));
            if (!fits)
                continue;
            Assert.Equal(Convert.ToHexString(made), Convert.ToHexString(arena.Frame(0)));
            UdpTunnelReceiver receiver = new(options with { Local = options.Remote, AcceptsZeroChecksum = true }) { IsGeneve = geneve, ReadsGroupPolicy = true, KnowsOptions = true };
            receiver.Add(42);
            Assert.Equal(DecapStatus.Ok, receiver.TryUnpack(made, LargeFrames.Parse(made), out Range inner, out uint vni, out _));
            Assert.Equal((42u, Convert.ToHexString(frame)), (vni, Convert.ToHexString(made.AsSpan(inner))));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ip_tunnels(bool v6)
    {
        Random random = new(62);
        using PacketArena arena = new(1, 10_240, 512);
        IpTunnelReceiver receiver = new(new IpTunnelReceiverOptions());
        for (int run = 0; run < Sizes; run++)
        {
            IpTunnel tunnel = new(new IpTunnelOptions { IsV6 = v6, Local = Address(v6, 1), Remote = Address(v6, 2), PathMtu = random.Next(576, 9001), InheritsTos = run % 2 == 0 });
            KatranEncapsulator katran = new(default, Address(false, 1), Address(true, 1)) { PathMtu = tunnel.PathMtu };
            byte[] frame = Frame(random, tunnel.LargestInner);
            bool fits = frame.Length - 14 + tunnel.OverheadBytes <= tunnel.PathMtu;
            IpEncapStatus[] statuses = new IpEncapStatus[1];
            arena.Clear();
            arena.TryAdd(frame);
            Assert.Equal(fits ? 1ul : 0, tunnel.WriteBurst(arena.Burst(0), [LargeFrames.Parse(frame)], statuses));
            Assert.Equal(fits ? IpEncapStatus.Ok : IpEncapStatus.TooLong, statuses[0]);
            if (fits)
                Assert.Equal(DecapStatus.Ok, receiver.Unpack(arena, 0, LargeFrames.Parse(arena.Frame(0))));
            Assert.Equal(Convert.ToHexString(frame.AsSpan(14)), Convert.ToHexString(arena.Frame(0)[14..]));

            KatranTarget target = new(Address(v6, 2), v6, run % 2 == 0);
            fits = frame.Length + KatranEncapsulator.HeaderBytes(target) - 28 <= tunnel.PathMtu;
            Assert.Equal(fits ? IpEncapStatus.Ok : IpEncapStatus.TooLong, katran.Write(arena, 0, LargeFrames.Parse(arena.Frame(0)), target));
        }
    }

    [Fact]
    public void Impossible_limits_are_refused()
    {
        UdpTunnelOptions options = Options(new Random(1), false, false) with { PathMtu = null };
        Assert.Equal((65_535, 65_485), (UdpTunnel.Vxlan(options, 1).PathMtu, UdpTunnel.Vxlan(options, 1).LargestInner));
        Assert.Throws<ArgumentOutOfRangeException>(() => UdpTunnel.Vxlan(options with { PathMtu = 67 }, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => UdpTunnel.Vxlan(options, 1).PathMtu = 65_536);
        Assert.Throws<ArgumentOutOfRangeException>(() => new IpTunnel(new IpTunnelOptions { Local = default, Remote = default, PathMtu = 65_536 }));
        Assert.Equal(65_575, new IpTunnel(new IpTunnelOptions { IsV6 = true, Local = default, Remote = default }).PathMtu);
        Assert.Throws<ArgumentOutOfRangeException>(() => UdpTunnel.Vxlan(options, 1, VxlanHeader.PolicyApplied << 1));
    }

    /// <summary>Of any size, every third within a few bytes of the limit.</summary>
    private static byte[] Frame(Random random, int limit)
    {
        bool v6 = random.Next(2) == 0, tcp = random.Next(2) == 0;
        int headers = (v6 ? 40 : 20) + (tcp ? 20 : 8);
        int payload = random.Next(3) == 0 ? Math.Max(0, limit - headers + random.Next(-3, 4)) : random.Next(9000 - headers);
        byte[] bytes = new byte[Math.Min(payload, 9000)];
        random.NextBytes(bytes);
        return new FrameSpec
        {
            Source = v6 ? "fd00::1" : "10.1.0.9",
            Destination = v6 ? "fd00::2" : "10.2.0.9",
            Protocol = tcp ? IpProtocol.Tcp : IpProtocol.Udp,
            Tos = (byte)random.Next(256),
            DontFragment = random.Next(2) == 0,
            Payload = bytes,
        }.ToBytes();
    }

    private static UdpTunnelOptions Options(Random random, bool v6, bool geneve) => new()
    {
        IsV6 = v6,
        Local = Address(v6, 1),
        Remote = Address(v6, 2),
        Port = geneve ? GeneveHeader.Port : VxlanHeader.Port,
        WritesChecksum = random.Next(2) == 0,
        InheritsTos = random.Next(2) == 0,
        InheritsTtl = random.Next(2) == 0,
        DontFragment = (DontFragmentMode)random.Next(3),
        Ecn = (EcnMode)random.Next(3),
        PathMtu = random.Next(576, 9001),
    };

    /// <summary>Whole options of 4 to 124 bytes.</summary>
    private static byte[] Option(Random random)
    {
        byte[] option = new byte[4 + (4 * random.Next(31))];
        (option[2], option[3]) = ((byte)random.Next(256), (byte)((option.Length / 4) - 1));
        return option;
    }

    private static IPv6Address Address(bool v6, int host) => KernelVxlanTests.Address(v6 ? $"2001:db8::{host}" : $"192.0.2.{host}");
}
