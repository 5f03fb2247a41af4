using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>Outer packets cut off anywhere and with random bytes: a status each, never an exception, nothing beyond the frame.</summary>
public class RandomTunnelTests
{
    [Fact]
    public void Every_receiver_takes_anything()
    {
        Random random = new(11);
        byte[][] seeds = [.. Seeds()];
        HashSet<DecapStatus> seen = [];
        for (int i = 0; i < 60_000; i++)
        {
            byte[] frame = [.. seeds[i % seeds.Length]];
            for (int n = random.Next(4); n > 0; n--)
                frame[random.Next(14, Math.Min(frame.Length, 110))] = random.Next(3) == 0 ? (byte)0 : (byte)random.Next(256);
            if (random.Next(3) == 0)
                Seal(frame);
            Look(frame[..random.Next(random.Next(2) == 0 ? frame.Length : 0, frame.Length + 1)], seen);
        }

        DecapStatus[] expected = [DecapStatus.Ok, DecapStatus.NotOurs, DecapStatus.BadOuterPacket, DecapStatus.Fragment, DecapStatus.BadInner, DecapStatus.TruncatedInner, DecapStatus.EcnDrop];
        Assert.Empty(expected.Except(seen));
    }

    private static void Look(byte[] frame, HashSet<DecapStatus> seen)
    {
        FlowParser.Parse(frame, out _, out _, out PacketInfo info);
        UdpTunnelOptions v4 = new() { Local = KernelVxlanTests.Address("192.0.2.2"), Remote = default };
        UdpTunnelOptions v6 = v4 with { IsV6 = true, Local = KernelVxlanTests.Address("2001:db8::2"), AcceptsZeroChecksum = true };
        foreach (UdpTunnelOptions options in new[] { v4, v6, v4 with { Port = GeneveHeader.Port, StripsVlan = true } })
        {
            UdpTunnelReceiver receiver = new(options) { IsGeneve = options.Port == GeneveHeader.Port, ReadsGroupPolicy = true };
            receiver.Add(42);
            DecapStatus status = receiver.TryUnpack([.. frame], info, out Range range, out _, out _);
            Check(frame, status, range, seen);
        }

        foreach (IpTunnelReceiverOptions options in new[] { new IpTunnelReceiverOptions(), new IpTunnelReceiverOptions { GuePort = 9886, IgnoresUdpChecksum = true, DecrementsHopLimit = true } })
            Check(frame, new IpTunnelReceiver(options).TryUnpack([.. frame], info, out Range range), range, seen);
        GreReceiver gre = new(new GreReceiverOptions { AcceptsAnyKey = true, ExpectsChecksum = null });
        Check(frame, gre.TryUnpack([.. frame], info, out Range payload, out _), payload, seen);
    }

    private static void Check(byte[] frame, DecapStatus status, Range range, HashSet<DecapStatus> seen)
    {
        seen.Add(status);
        (int start, int length) = range.GetOffsetAndLength(frame.Length);
        Assert.True(status == DecapStatus.Ok ? start >= 34 && length >= 14 : length == 0);
    }

    /// <summary>Mends an IPv4 header checksum.</summary>
    private static void Seal(byte[] frame)
    {
        if (frame[14] != 0x45)
            return;
        frame[24] = frame[25] = 0;
        ushort sum = InternetChecksum.Compute(frame.AsSpan(14, 20));
        (frame[24], frame[25]) = ((byte)(sum >> 8), (byte)sum);
    }

    private static IEnumerable<byte[]> Seeds()
    {
        byte[] inner = IpTunnelTests.Frame(true, 30), tagged = new FrameSpec { Vlans = [7], Tos = 2 }.ToBytes();
        foreach (bool v6 in new[] { false, true })
        {
            UdpTunnelOptions options = new()
            {
                IsV6 = v6,
                Local = KernelVxlanTests.Address(v6 ? "2001:db8::1" : "192.0.2.1"),
                Remote = KernelVxlanTests.Address(v6 ? "2001:db8::2" : "192.0.2.2"),
                WritesChecksum = false,
            };
            foreach (byte[] frame in new[] { inner, tagged })
            {
                yield return Wrap(UdpTunnel.Vxlan(options, 42), frame);
                yield return Wrap(UdpTunnel.Geneve(options with { Port = GeneveHeader.Port }, 42, [0, 1, 2, 1, 9, 9, 9, 9]), frame);
                yield return GreReceiverTests.Gre(0x3000, 0x6558, frame, 0, 0, 0, 1, 0, 0, 0, 2);
            }

            yield return IpTunnelTests.Made(v6, false);
            yield return IpTunnelTests.Made(v6, true);
            yield return GreReceiverTests.Gre(0, 0x86dd, inner[14..]);
            yield return IpTunnelTests.Udp(9886, inner[14..]);
            yield return IpTunnelTests.Udp(9886, [1, 41, 0, 0, 0, 0, 0, 0, .. inner[14..]]);
        }
    }

    private static byte[] Wrap(UdpTunnel tunnel, byte[] frame)
    {
        byte[] made = new byte[tunnel.HeaderBytes + frame.Length];
        Assert.Equal(made.Length, tunnel.Copy(frame, made, 7));
        return made;
    }
}
