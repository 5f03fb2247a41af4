using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>Bursts in place are the loop of single calls, for every kind of frame and set of options, there and back.</summary>
public class UdpTunnelBurstTests
{
    private const int Count = 64;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_burst_equals_singles(bool v6, bool geneve)
    {
        Random random = new(7);
        for (int run = 0; run < 40; run++)
        {
            UdpTunnelOptions options = Options(random, v6, geneve);
            UdpTunnel tunnel = geneve ? UdpTunnel.Geneve(options, 42, run % 2 == 0 ? [] : [1, 2, 1, 1, 0, 0, 0, 7]) : UdpTunnel.Vxlan(options, 42, run % 5 == 0 ? 9 | VxlanHeader.PolicyApplied : null);
            using PacketArena burst = Fill(random), loop = new(Count, 2048, 128);
            PacketInfo[] infos = Infos(burst);
            uint[] hashes = [.. Enumerable.Range(0, Count).Select(i => i % 4 == 0 ? 0 : (uint)random.Next())];
            for (int i = 0; i < Count; i++)
                loop.TryAdd(burst.Frame(i));
            int done = tunnel.WriteBurst(burst, 0, hashes, 5, options.WritesChecksum && run % 2 == 0 ? infos : default);
            Assert.Equal(Count, done);
            for (int i = 0; i < Count; i++)
                AssertSingle(tunnel, options, loop, i, hashes[i], burst.Frame(i));
            AssertUnpacked(new UdpTunnelReceiver(options with { Local = options.Remote, AcceptsZeroChecksum = true }) { IsGeneve = geneve, ReadsGroupPolicy = true, KnowsOptions = true }, burst, random);
        }
    }

    [Fact]
    public void A_burst_ends_at_the_first_frame_without_headroom()
    {
        UdpTunnel tunnel = UdpTunnel.Vxlan(Options(new Random(1), false, false) with { StripsVlan = true }, 1);
        using PacketArena arena = new(3, 512, 128);
        byte[] tagged = new FrameSpec { Vlans = [7] }.ToBytes();
        for (int i = 0; i < 3; i++)
            arena.TryAdd(tagged);
        arena.TryPush(1, 100);
        byte[] second = arena.Frame(1).ToArray(), third = arena.Frame(2).ToArray();
        Assert.Equal(1, tunnel.WriteBurst(arena, 0, [1, 2, 3]));
        Assert.Equal(tagged.Length - VlanTag.Size + tunnel.HeaderBytes, arena.Frame(0).Length);
        Assert.Equal(second, arena.Frame(1).ToArray());
        Assert.Equal(third, arena.Frame(2).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => tunnel.WriteBurst(arena, 1, [1, 2, 3]));
        Assert.Throws<ArgumentException>(() => tunnel.WriteBurst(arena, 0, [1, 2, 3], 0, new PacketInfo[1]));
    }

    [Fact]
    public void A_header_of_ones_is_nobodys()
    {
        UdpTunnelOptions options = Options(new Random(1), false, false) with { WritesChecksum = false, InheritsTos = false, Tos = 0 };
        UdpTunnelReceiver receiver = new(options with { Local = options.Remote });
        receiver.Add(VxlanHeader.MaxVni);
        using PacketArena arena = new(9, 512, 128);
        for (int i = 0; i < 9; i++)
            arena.TryAdd(IpTunnelTests.Frame(false, 60).AsSpan()[..^6]);
        UdpTunnel.Vxlan(options, 42).WriteBurst(arena, 0, new uint[9]);
        for (int i = 0; i < 9; i++)
            arena.Frame(i).Slice(42, VxlanHeader.Bytes).Fill(0xff);
        DecapStatus[] statuses = new DecapStatus[9];
        Assert.Equal(0ul, receiver.UnpackBurst(arena.Burst(0), Infos(arena), statuses, new uint[9]));
        Assert.All(statuses, status => Assert.Equal(DecapStatus.ReservedBits, status));
    }

    /// <summary>The outer checksum from the inner one is the sum of all bytes: tags taken out, padding, both families, TCP and UDP, and what is not known.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_reused_checksum_is_that_of_the_bytes(bool v6)
    {
        Random random = new(5);
        for (int run = 0; run < 60; run++)
        {
            UdpTunnelOptions options = Options(random, v6, false) with { WritesChecksum = true };
            UdpTunnel tunnel = UdpTunnel.Vxlan(options, (uint)random.Next(1 << 24));
            using PacketArena known = new(Count, 2048, 128), summed = new(Count, 2048, 128);
            for (int i = 0; i < Count; i++)
            {
                byte[] frame = Known(random);
                known.TryAdd(frame);
                summed.TryAdd(frame);
            }

            uint[] hashes = [.. Enumerable.Range(0, Count).Select(_ => (uint)random.Next())];
            Assert.Equal(Count, tunnel.WriteBurst(known, 0, hashes, 0, Infos(known)));
            Assert.Equal(Count, tunnel.WriteBurst(summed, 0, hashes));
            for (int i = 0; i < Count; i++)
                Assert.Equal(Convert.ToHexString(summed.Frame(i)), Convert.ToHexString(known.Frame(i)));
        }
    }

    [Fact]
    public void A_copy_is_what_is_written_in_front()
    {
        Random random = new(6);
        for (int run = 0; run < 400; run++)
        {
            UdpTunnelOptions options = Options(random, run % 2 == 0, false);
            UdpTunnel tunnel = UdpTunnel.Vxlan(options, 7);
            byte[] frame = Known(random), made = new byte[frame.Length + tunnel.HeaderBytes];
            using PacketArena arena = new(1, 2048, 128);
            arena.TryAdd(frame);
            PacketInfo[] infos = Infos(arena);
            uint hash = (uint)random.Next(2) * (uint)random.Next();
            Assert.Equal(1, tunnel.WriteBurst(arena, 0, [hash], 3, infos));
            int bytes = tunnel.Copy(frame, made, hash, 3, infos[0]);
            Assert.Equal(Convert.ToHexString(arena.Frame(0)), Convert.ToHexString(made.AsSpan(0, bytes)));
            Assert.Equal(0, tunnel.Copy(frame, made.AsSpan(0, bytes - 1), hash));
        }
    }

    [Fact]
    public void A_burst_of_copies_equals_copies()
    {
        Random random = new(8);
        for (int run = 0; run < 40; run++)
        {
            UdpTunnelOptions options = Options(random, run % 2 == 0, false);
            UdpTunnel tunnel = UdpTunnel.Vxlan(options, 7);
            using PacketArena from = new(Count, 2048, 0), to = new(Count + 1, 2048, 128), tight = new(Count, 2048, 64), few = new(9, 2048, 128);
            for (int i = 0; i < Count; i++)
                from.TryAdd(Known(random));
            to.TryAdd([1, 2, 3]);
            PacketInfo[] infos = options.WritesChecksum && run % 3 == 0 ? Infos(from) : [];
            uint[] hashes = [.. Enumerable.Range(0, Count).Select(_ => (uint)random.Next(2) * (uint)random.Next())];
            Assert.Equal(Count, tunnel.CopyBurst(from, 0, to, hashes, 3, infos));
            Assert.Equal((Count + 1, Count), (to.Count, (int)tunnel.Copies));
            byte[] made = new byte[2048];
            for (int i = 0; i < Count; i++)
            {
                int bytes = tunnel.Copy(from.Frame(i), made, hashes[i], (ushort)(3 + i), infos.Length == 0 ? default : infos[i]);
                Assert.Equal(Convert.ToHexString(made.AsSpan(0, bytes)), Convert.ToHexString(to.Frame(i + 1)));
            }

            Assert.Equal(options.IsV6 ? 0 : Count, tunnel.CopyBurst(from, 0, tight, hashes));
            Assert.Equal(options.IsV6 ? 0 : Count, tight.Count);
            Assert.Equal(9, tunnel.CopyBurst(from, 2, few, hashes.AsSpan(2)));
            Assert.Throws<ArgumentOutOfRangeException>(() => tunnel.CopyBurst(from, 1, to, hashes));
        }
    }

    [Fact]
    public void A_network_that_was_removed_is_refused_at_once()
    {
        UdpTunnelOptions options = Options(new Random(1), false, false) with { WritesChecksum = false, InheritsTos = false, Tos = 0 };
        UdpTunnelReceiver receiver = new(options with { Local = options.Remote });
        receiver.Add(42);
        using PacketArena arena = new(2, 512, 128);
        byte[] frame = new FrameSpec().ToBytes();
        arena.TryAdd(frame);
        arena.TryAdd(frame);
        UdpTunnel.Vxlan(options, 42).WriteBurst(arena, 0, [1, 2]);
        PacketInfo[] infos = Infos(arena);
        Assert.Equal(DecapStatus.Ok, receiver.TryUnpack(arena.Frame(0), infos[0], out _, out _, out _));
        receiver.Remove(42);
        DecapStatus[] statuses = new DecapStatus[2];
        Assert.Equal(0ul, receiver.UnpackBurst(arena.Burst(0), infos, statuses, new uint[2]));
        Assert.All(statuses, status => Assert.Equal(DecapStatus.UnknownVni, status));
    }

    private static void AssertSingle(UdpTunnel tunnel, UdpTunnelOptions options, PacketArena loop, int i, uint hash, Span<byte> expected)
    {
        if (options.StripsVlan && VlanStripper.TryStrip(loop.Frame(i), out _))
            loop.TryPull(i, VlanTag.Size);
        Assert.True(loop.TryPush(i, tunnel.HeaderBytes));
        Assert.True(tunnel.TryWrite(loop.Frame(i), hash, (ushort)(5 + i)));
        Assert.Equal(Convert.ToHexString(loop.Frame(i)), Convert.ToHexString(expected));
    }

    private static void AssertUnpacked(UdpTunnelReceiver receiver, PacketArena arena, Random random)
    {
        receiver.Add(42);
        for (int i = 0; i < Count; i += 3)
            arena.Frame(i)[random.Next(14, 60)] ^= (byte)(1 << random.Next(8));
        PacketInfo[] infos = Infos(arena);
        byte[][] before = [.. Enumerable.Range(0, Count).Select(i => arena.Frame(i).ToArray())];
        DecapStatus[] statuses = new DecapStatus[Count];
        uint[] networks = new uint[Count], groups = new uint[Count];
        ulong done = receiver.UnpackBurst(arena.Burst(0), infos, statuses, networks, groups);
        Assert.NotEqual(0ul, done);
        for (int i = 0; i < Count; i++)
        {
            DecapStatus status = receiver.TryUnpack(before[i], infos[i], out Range inner, out uint vni, out uint group);
            Assert.Equal((status, vni, group, status == DecapStatus.Ok), (statuses[i], networks[i], groups[i], (done >> i & 1) != 0));
            Assert.Equal(Convert.ToHexString(status == DecapStatus.Ok ? before[i].AsSpan(inner) : before[i]), Convert.ToHexString(arena.Frame(i)));
        }
    }

    private static UdpTunnelOptions Options(Random random, bool v6, bool geneve) => new()
    {
        IsV6 = v6,
        Local = KernelVxlanTests.Address(v6 ? "2001:db8::1" : "192.0.2.1"),
        Remote = KernelVxlanTests.Address(v6 ? "2001:db8::2" : "192.0.2.2"),
        Port = geneve ? GeneveHeader.Port : VxlanHeader.Port,
        WritesChecksum = random.Next(2) == 0,
        InheritsTos = random.Next(2) == 0,
        InheritsTtl = random.Next(2) == 0,
        Tos = (byte)random.Next(256),
        DontFragment = (DontFragmentMode)random.Next(3),
        Ecn = (EcnMode)random.Next(3),
        StripsVlan = random.Next(3) == 0,
        FlowLabel = (uint)random.Next(1 << 20),
    };

    private static PacketArena Fill(Random random)
    {
        PacketArena arena = new(Count, 2048, 128);
        for (int i = 0; i < Count; i++)
        {
            byte[] frame = (i % 6) switch
            {
                0 => new FrameSpec { Vlans = [7], Tos = (byte)random.Next(256) }.ToBytes(),
                1 => IpTunnelTests.Frame(true, random.Next(1, 200)),
                2 => Frames.Ethernet(0x0806, new byte[46]),
                3 => IpTunnelTests.Frame(false, random.Next(1, 200)),
                _ => IpTunnelTests.Frame(false, random.Next(1, 200))[..^6],
            };
            if (i % 6 > 2)
                frame[15] = (byte)random.Next(256);
            if (FlowParser.Parse(frame, out _, out _, out PacketInfo info) == ParseStatus.Ok)
                PacketChecksums.Write(frame, info);
            arena.TryAdd(frame);
        }

        return arena;
    }

    /// <summary>A frame whose checksums are right: either family, TCP or UDP, with a tag or two or none, and with padding; some UDP has no checksum.</summary>
    private static byte[] Known(Random random)
    {
        bool v6 = random.Next(2) == 0;
        byte[] payload = new byte[random.Next(0, 90)];
        random.NextBytes(payload);
        byte[] frame = new FrameSpec
        {
            Source = v6 ? "fd00::1" : "10.1.0.9",
            Destination = v6 ? "fd00::2" : "10.2.0.9",
            Protocol = random.Next(2) == 0 ? IpProtocol.Tcp : IpProtocol.Udp,
            Vlans = random.Next(4) switch { 0 => [7], 1 => [7, 8], _ => [] },
            Tos = (byte)random.Next(256),
            Ttl = (byte)random.Next(256),
            Padding = random.Next(3) * 5,
            Payload = payload,
        }.ToBytes();
        PacketInfo info = LargeFrames.Parse(frame);
        PacketChecksums.Write(frame, info);
        if (info.Protocol == IpProtocol.Udp && random.Next(5) == 0)
            frame[info.L4Offset + 6] = frame[info.L4Offset + 7] = 0;
        return frame;
    }

    private static PacketInfo[] Infos(PacketArena arena) => [.. Enumerable.Range(0, arena.Count).Select(i => LargeFrames.Parse(arena.Frame(i)))];
}
