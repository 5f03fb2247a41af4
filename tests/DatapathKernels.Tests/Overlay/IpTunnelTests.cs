using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>IP in IP, all four ways, in and out; and what is refused.</summary>
public class IpTunnelTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void What_goes_in_comes_out(bool outerV6, bool innerV6)
    {
        using PacketArena arena = new(4, 2048, 128);
        IpTunnel tunnel = new(Options(outerV6));
        IpTunnelReceiver receiver = new(new IpTunnelReceiverOptions());
        for (int bytes = 0; bytes < 300; bytes += 7)
        {
            byte[] frame = Frame(innerV6, bytes);
            arena.Clear();
            arena.TryAdd(frame);
            Assert.Equal(IpEncapStatus.Ok, tunnel.Write(arena, 0, LargeFrames.Parse(frame), 77));
            Assert.Equal(frame.Length - 6 + tunnel.OverheadBytes, arena.Frame(0).Length);
            PacketInfo info = LargeFrames.Parse(arena.Frame(0));
            Assert.Equal(DecapStatus.Ok, receiver.Unpack(arena, 0, info));
            Assert.Equal(Convert.ToHexString(frame.AsSpan(14, frame.Length - 20)), Convert.ToHexString(arena.Frame(0)[14..]));
            Assert.Equal(new MacAddress([2, 0, 0, 0, 0, 9]), new MacAddress(arena.Frame(0)));
            Assert.Equal(innerV6 ? 0x86 : 0x08, arena.Frame(0)[12]);
        }
    }

    [Fact]
    public void The_header_of_4in4_is_linuxs()
    {
        using PacketArena arena = new(1, 2048, 128);
        byte[] frame = new FrameSpec { Tos = 0xb9, Ttl = 17, DontFragment = true, Payload = new byte[8] }.ToBytes();
        byte[] Header(IpTunnelOptions options)
        {
            arena.Clear();
            arena.TryAdd(frame);
            Assert.Equal(IpEncapStatus.Ok, new IpTunnel(options).Write(arena, 0, LargeFrames.Parse(frame), 0x1234));
            Assert.True(InternetChecksum.IsValid(arena.Frame(0)[14..34]));
            return arena.Frame(0)[14..34].ToArray();
        }

        IpTunnelOptions options = Options(false);
        Assert.Equal("4501004412344000" + "4004", Convert.ToHexString(Header(options))[..20]);
        Assert.Equal((0xb9, 17), (Header(options with { InheritsTos = true })[1], Header(options with { InheritsTtl = true })[8]));
        Assert.Equal((0x40, 0), (Header(options with { DontFragment = DontFragmentMode.Inherit })[6], Header(options with { DontFragment = DontFragmentMode.Unset })[6]));
        frame = new FrameSpec { Tos = 3 }.ToBytes();
        Assert.Equal((2, 0), (Header(options)[1], Header(options with { DontFragment = DontFragmentMode.Inherit })[6]));
    }

    [Fact]
    public void An_encapsulation_limit_is_a_destination_option()
    {
        using PacketArena arena = new(1, 2048, 128);
        byte[] frame = Frame(false, 9);
        arena.TryAdd(frame);
        IpTunnel tunnel = new(Options(true) with { EncapsulationLimit = 4, FlowLabel = 0xabcde });
        Assert.Equal(48, tunnel.OverheadBytes);
        Assert.Equal(IpEncapStatus.Ok, tunnel.Write(arena, 0, LargeFrames.Parse(frame)));
        Assert.Equal("600ABCDE", Convert.ToHexString(arena.Frame(0)[14..18]));
        Assert.Equal(60, arena.Frame(0)[20]);
        Assert.Equal("0400040104010100", Convert.ToHexString(arena.Frame(0)[54..62]));
        Assert.Equal(DecapStatus.Ok, new IpTunnelReceiver(new IpTunnelReceiverOptions()).Unpack(arena, 0, LargeFrames.Parse(arena.Frame(0))));
        Assert.Equal(Convert.ToHexString(frame.AsSpan(14, frame.Length - 20)), Convert.ToHexString(arena.Frame(0)[14..]));
    }

    [Fact]
    public void Bursts_are_the_loop_of_single_calls()
    {
        IpTunnel tunnel = new(Options(true));
        KatranEncapsulator katran = new(new MacAddress([2, 0, 0, 0, 0, 8]), KernelVxlanTests.Address("10.0.13.37"), KernelVxlanTests.Address("fc00:2307::1337"));
        IpTunnelReceiver receiver = new(new IpTunnelReceiverOptions { DecrementsHopLimit = true });
        using PacketArena burst = Fill(), loop = Fill();
        PacketInfo[] infos = Infos(burst);
        KatranTarget[] targets = [.. Enumerable.Range(0, 64).Select(i => new KatranTarget(KernelVxlanTests.Address(i % 2 == 0 ? "10.0.0.3" : "fc00::3"), i % 2 != 0, i % 3 == 0))];
        IpEncapStatus[] statuses = new IpEncapStatus[64];

        ulong done = tunnel.WriteBurst(burst.Burst(0), infos, statuses, 9);
        AssertSame(burst, loop, done, i => tunnel.Write(loop, i, infos[i], (ushort)(9 + i)), statuses);
        Assert.Contains(IpEncapStatus.NotIp, statuses);

        infos = Infos(burst);
        DecapStatus[] unpacked = new DecapStatus[64];
        done = receiver.UnpackBurst(burst.Burst(0), infos, unpacked);
        AssertSame(burst, loop, done, i => receiver.Unpack(loop, i, infos[i]), unpacked);
        Assert.Contains(DecapStatus.HopLimitExceeded, unpacked);

        infos = Infos(burst);
        done = katran.WriteBurst(burst.Burst(0), infos, targets, statuses);
        AssertSame(burst, loop, done, i => katran.Write(loop, i, infos[i], targets[i]), statuses);
    }

    [Fact]
    public void Refusals_leave_the_frame_alone()
    {
        IpTunnel tunnel = new(Options(false));
        byte[] frame = Frame(false, 30);
        PacketInfo info = LargeFrames.Parse(frame);
        using PacketArena tight = new(1, 512, 0), roomy = new(1, 70_000, 64);
        tight.TryAdd(frame);
        Assert.Equal(IpEncapStatus.NoHeadroom, tunnel.Write(tight, 0, info));
        Assert.Equal(frame, tight.Frame(0).ToArray());
        Assert.Equal(IpEncapStatus.NotIp, tunnel.Write(tight, 0, default));
        Assert.Equal(IpEncapStatus.NoHeadroom, tunnel.TryWrite(new byte[3]));
        Assert.Equal(IpEncapStatus.NotIp, tunnel.TryWrite(new byte[60]));
        byte[] large = LargeFrames.Build(false, true, 65_535 - 40 - 19);
        roomy.TryAdd(large);
        Assert.Equal(IpEncapStatus.TooLong, tunnel.Write(roomy, 0, LargeFrames.Parse(large)));
        large = LargeFrames.Build(false, true, 65_535 - 40 - 20);
        roomy.TryReplace(0, large);
        Assert.Equal(IpEncapStatus.Ok, tunnel.Write(roomy, 0, LargeFrames.Parse(large)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IpTunnel(Options(false) with { Ttl = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IpTunnel(Options(true) with { FlowLabel = 1 << 20 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IpTunnel(Options(false) with { EncapsulationLimit = 4 }));
    }

    [Fact]
    public void What_is_not_to_be_unpacked_says_why()
    {
        byte[] made = Made(false, false);
        Assert.Equal(DecapStatus.Ok, Unpack(made));
        Assert.Equal(DecapStatus.NotOurs, Unpack(Frame(false, 3)));
        Assert.Equal(DecapStatus.NotOurs, Unpack(Frames.Ethernet(0x0806, new byte[28])));
        Assert.Equal(DecapStatus.NotOurs, Unpack(made, new IpTunnelReceiverOptions { LocalV4 = KernelVxlanTests.Address("192.0.2.9") }));
        Assert.Equal(DecapStatus.Ok, Unpack(made, new IpTunnelReceiverOptions { LocalV4 = KernelVxlanTests.Address("192.0.2.2") }));
        Assert.Equal(DecapStatus.BadOuterPacket, Unpack(Changed(made, 24, 1, seal: false)));
        Assert.Equal(DecapStatus.BadOuterPacket, Unpack(made[..40]));
        Assert.Equal(DecapStatus.Fragment, Unpack(Changed(made, 20, 0x20)));
        Assert.Equal(DecapStatus.BadInner, Unpack(Changed(made, 34, 0x65)));
        Assert.Equal(DecapStatus.BadInner, Unpack(Changed(made, 23, 41)));
        Assert.Equal(DecapStatus.EcnDrop, Unpack(Changed(made, 15, 3)));
        Assert.Equal(DecapStatus.Ok, Unpack(Changed(made, 15, 3), new IpTunnelReceiverOptions { IgnoresCongestion = true }));
        byte[] empty = Changed(made[..48], 17, 34);
        Assert.Equal(DecapStatus.TruncatedInner, Unpack(empty));
        Assert.Equal(DecapStatus.HopLimitExceeded, Unpack(Changed(made, 42, 1), new IpTunnelReceiverOptions { DecrementsHopLimit = true }));
    }

    [Fact]
    public void Gue_of_either_variant()
    {
        IpTunnelReceiverOptions options = new() { GuePort = 6080 };
        byte[] inner = Frame(true, 12)[14..];
        Assert.Equal(DecapStatus.Ok, Unpack(Udp(6080, inner), options));
        Assert.Equal(DecapStatus.Ok, Unpack(Udp(6080, [0, 41, 0, 0, .. inner]), options));
        Assert.Equal(DecapStatus.Ok, Unpack(Udp(6080, [1, 41, 0, 0, 9, 9, 9, 9, .. inner]), options));
        Assert.Equal(DecapStatus.NotOurs, Unpack(Udp(6081, inner), options));
        Assert.Equal(DecapStatus.NotOurs, Unpack(Made(false, true), options));
        Assert.Equal(DecapStatus.TruncatedHeader, Unpack(Udp(6080, []), options));
        Assert.Equal(DecapStatus.TruncatedHeader, Unpack(Udp(6080, [0, 41]), options));
        Assert.Equal(DecapStatus.BadVersion, Unpack(Udp(6080, [0x80, 41, 0, 0, .. inner]), options));
        Assert.Equal(DecapStatus.UnknownProtocol, Unpack(Udp(6080, [0x20, 41, 0, 0, .. inner]), options));
        Assert.Equal(DecapStatus.UnknownProtocol, Unpack(Udp(6080, [0, 47, 0, 0, .. inner]), options));
        Assert.Equal(DecapStatus.ReservedBits, Unpack(Udp(6080, [0, 41, 0, 1, .. inner]), options));
        Assert.Equal(DecapStatus.BadInner, Unpack(Udp(6080, [0x50, .. inner]), options));
        Assert.Equal(DecapStatus.BadInner, Unpack(Udp(6080, [0, 4, 0, 0, .. inner]), options));
        Assert.Equal(DecapStatus.TruncatedInner, Unpack(Udp(6080, inner[..39]), options));
        byte[] wrong = Udp(6080, inner);
        wrong[^1] ^= 1;
        Assert.Equal(DecapStatus.BadUdpChecksum, Unpack(wrong, options));
        Assert.Equal(DecapStatus.Ok, Unpack(wrong, options with { IgnoresUdpChecksum = true }));
        wrong[38] = 0xff;
        Assert.Equal(DecapStatus.BadUdpLength, Unpack(wrong, options));
    }

    [Fact]
    public void Nothing_allocates()
    {
        using PacketArena arena = new(1, 2048, 128);
        byte[] frame = Frame(true, 100);
        PacketInfo info = LargeFrames.Parse(frame);
        IpTunnel tunnel = new(Options(false));
        IpTunnelReceiver receiver = new(new IpTunnelReceiverOptions());
        KatranEncapsulator katran = new(default, default, default);
        KatranTarget target = new(default, true, true);
        arena.TryAdd(frame);
        Allocation.IsZero(() =>
        {
            arena.TryReplace(0, frame);
            tunnel.Write(arena, 0, info);
            FlowParser.Parse(arena.Frame(0), out _, out _, out PacketInfo outer);
            receiver.Unpack(arena, 0, outer);
            FlowParser.Parse(arena.Frame(0), out _, out _, out outer);
            katran.Write(arena, 0, outer, target);
        });
    }

    internal static IpTunnelOptions Options(bool v6) => new()
    {
        IsV6 = v6,
        Local = KernelVxlanTests.Address(v6 ? "2001:db8::1" : "192.0.2.1"),
        Remote = KernelVxlanTests.Address(v6 ? "2001:db8::2" : "192.0.2.2"),
        LocalMac = new MacAddress([2, 0, 0, 0, 0, 8]),
        NextHopMac = new MacAddress([2, 0, 0, 0, 0, 9]),
    };

    /// <summary>A frame with six bytes of padding.</summary>
    internal static byte[] Frame(bool v6, int payload, byte ttl = 64) => new FrameSpec
    {
        Source = v6 ? "fd00::1" : "10.1.0.1",
        Destination = v6 ? "fd00::2" : "10.1.0.2",
        Protocol = payload % 2 == 0 ? IpProtocol.Tcp : IpProtocol.Udp,
        Payload = [.. Enumerable.Range(0, payload).Select(i => (byte)(i * 7))],
        Padding = 6,
        Ttl = ttl,
    }.ToBytes();

    /// <summary>A frame's bytes in a tunnel.</summary>
    internal static byte[] Made(bool outerV6, bool innerV6)
    {
        using PacketArena arena = new(1, 2048, 128);
        byte[] frame = Frame(innerV6, 50);
        arena.TryAdd(frame);
        Assert.Equal(IpEncapStatus.Ok, new IpTunnel(Options(outerV6)).Write(arena, 0, LargeFrames.Parse(frame)));
        return arena.Frame(0).ToArray();
    }

    internal static byte[] Udp(ushort port, byte[] payload) =>
        new FrameSpec { Source = "192.0.2.1", Destination = "192.0.2.2", Protocol = IpProtocol.Udp, DestinationPort = port, Payload = payload }.ToBytes();

    /// <summary>A copy with one byte changed and the outer header checksum mended.</summary>
    internal static byte[] Changed(byte[] frame, int at, byte value, bool seal = true)
    {
        byte[] copy = [.. frame];
        copy[at] = value;
        if (!seal)
            return copy;
        copy[24] = copy[25] = 0;
        ushort sum = InternetChecksum.Compute(copy.AsSpan(14, 20));
        (copy[24], copy[25]) = ((byte)(sum >> 8), (byte)sum);
        return copy;
    }

    private static DecapStatus Unpack(byte[] frame, IpTunnelReceiverOptions? options = null) =>
        new IpTunnelReceiver(options ?? new IpTunnelReceiverOptions()).TryUnpack([.. frame], LargeFrames.Parse(frame), out _);

    private static PacketArena Fill()
    {
        PacketArena arena = new(64, 2048, 128);
        for (int i = 0; i < 64; i++)
            arena.TryAdd(i % 9 == 4 ? Frames.Ethernet(0x0806, new byte[28]) : Frame(i % 2 == 0, i * 3, (byte)(i % 5 == 0 ? 1 : 64)));
        return arena;
    }

    private static PacketInfo[] Infos(PacketArena arena) => [.. Enumerable.Range(0, 64).Select(i => LargeFrames.Parse(arena.Frame(i)))];

    private static void AssertSame<T>(PacketArena burst, PacketArena loop, ulong done, Func<int, T> single, T[] statuses)
        where T : struct, Enum
    {
        for (int i = 0; i < 64; i++)
        {
            T status = single(i);
            Assert.Equal((i, status), (i, statuses[i]));
            Assert.Equal(status.Equals(default(T)), (done & (1UL << i)) != 0);
            Assert.Equal(loop.Frame(i).ToArray(), burst.Frame(i).ToArray());
        }
    }
}
