using System.Text.Json;
using DatapathKernels.Overlay;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Generators;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Overlay;

/// <summary>The path MTU of remotes, the errors that report one, and the segment sizes that keep below it.</summary>
public class PathMtuTests
{
    [Fact]
    public void A_report_lowers_until_it_expires()
    {
        PathMtuCache cache = new(1500, 4);
        Assert.Equal(1500, cache.Find(Remote(1), 0).Bytes);
        Assert.True(cache.Report(Remote(1), false, 1400, 1000));
        Assert.False(cache.Report(Remote(1), false, 1450, 1000));
        Assert.Equal(new PathMtu(1400, false, 601_000), cache.Find(Remote(1), 600_999));
        Assert.Equal(1500, cache.Find(Remote(1), 601_000).Bytes);
        Assert.False(cache.Report(Remote(2), false, 9000, 0));
        Assert.False(cache.Report(Remote(2), false, 1500, 0));
    }

    [Fact]
    public void Floors_are_linuxs()
    {
        PathMtuCache cache = new(1500, 4), narrow = new(540, 4);
        Assert.True(cache.Report(Remote(1), false, 68, 0));
        Assert.Equal((552, true), (cache.Find(Remote(1), 1).Bytes, cache.Find(Remote(1), 1).Locked));
        Assert.False(cache.Report(Remote(1), false, 500, 300_000));
        Assert.Equal(1500, cache.Find(Remote(1), 600_000).Bytes);
        Assert.False(cache.Report(Remote(2), true, 1279, 0));
        Assert.True(cache.Report(Remote(2), true, 1280, 0));
        Assert.Equal((1280, false), (cache.Find(Remote(2), 1).Bytes, cache.Find(Remote(2), 1).Locked));
        Assert.True(narrow.Report(Remote(1), false, 400, 0));
        Assert.Equal(540, narrow.Find(Remote(1), 1).Bytes);
    }

    [Fact]
    public void A_report_of_what_is_known_counts_in_the_second_half_of_its_time()
    {
        PathMtuCache cache = new(1500, 4);
        Assert.True(cache.Report(Remote(1), false, 1400, 0));
        Assert.False(cache.Report(Remote(1), false, 1400, 299_999));
        Assert.True(cache.Report(Remote(1), false, 1400, 300_000));
        Assert.Equal(900_000, cache.Find(Remote(1), 800_000).ExpiresMs);
        Assert.True(cache.Report(Remote(2), true, 1400, 0));
        Assert.False(cache.Report(Remote(2), true, 1400, 500_000));
    }

    [Fact]
    public void A_flood_of_reports_takes_no_more_room()
    {
        PathMtuCache cache = new(1500, 100, lifetimeMs: 1000);
        for (int i = 0; i < 1000; i++)
            cache.Report(Remote(i), false, 1400, 0);
        Assert.Equal((100, 900), (cache.Count, cache.Refused));
        Assert.True(cache.Report(Remote(5000), false, 1400, 1000));
        Assert.Equal(1, cache.Count);
        int next = 0;
        Allocation.IsZero(() => cache.Report(Remote(next++), false, 1300, next * 100));
    }

    [Fact]
    public void Impossible_caches_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new PathMtuCache(60, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PathMtuCache(1500, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PathMtuCache(1500, 1, 0));
    }

    [CorpusFact]
    public void Katrans_errors_byte_for_byte()
    {
        using JsonDocument file = JsonDocument.Parse(File.ReadAllBytes(Corpus.PathOf("peers", "katran", "katran.json")));
        int seen = 0;
        foreach (JsonElement row in file.RootElement.GetProperty("cases").EnumerateArray())
        {
            string description = row.GetProperty("description").GetString()!;
            if (!description.Contains("packet too big", StringComparison.Ordinal))
                continue;
            byte[] frame = Convert.FromHexString(row.GetProperty("in_hex").GetString()!);
            byte[] expected = Convert.FromHexString(row.GetProperty("out_hex").GetString()!);
            PacketInfo info = LargeFrames.Parse(frame);
            // The two about packets that came in GUE quote what the balancer had already rewritten: another program's state.
            if (!expected.AsSpan(14 + (expected[12] == 8 ? 28 : 48)).StartsWith(frame.AsSpan(14, 48)))
                continue;
            byte[] answer = new byte[TooBigBuilder.MaxBytes];

            Assert.Equal(TooBigStatus.Ok, TooBigBuilder.TryBuild(frame, info, 1500, TooBigStyle.Katran, default, answer, out int length));

            Assert.Equal(Convert.ToHexString(expected.AsSpan(14)), Convert.ToHexString(answer.AsSpan(0, length)));
            seen++;
        }

        Assert.Equal(4, seen);
    }

    [Fact]
    public void A_router_tells_in_its_own_name()
    {
        byte[] frame = LargeFrames.Build(true, true, 1400);
        byte[] answer = new byte[TooBigBuilder.MaxBytes];
        IPv6Address router = new([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]);

        Assert.Equal(TooBigStatus.Ok, TooBigBuilder.TryBuild(frame, LargeFrames.Parse(frame), 1280, TooBigStyle.Router, router, answer, out int length));

        FlowParser.ParseNetwork(answer.AsSpan(0, length), 0, out _, out FlowKeyV6 key, out PacketInfo info);
        Assert.Equal(1280, length);
        Assert.Equal(router, key.Source);
        Assert.Equal((2, 0, 0x0500), (answer[40], answer[41], answer[46] << 8 | answer[47]));
        Assert.Equal(ChecksumVerdict.Valid, PacketChecksums.VerifyTransport(answer, info));
    }

    [Fact]
    public void What_is_not_answered()
    {
        byte[] answer = new byte[TooBigBuilder.MaxBytes];
        Assert.Equal(TooBigStatus.IcmpError, Try(Frames.Ethernet4(Frames.Ipv4(IpProtocol.Icmp, Frames.Icmp(3, 1, 0, new byte[1500]), fragment: 0x4000)), 1450));
        Assert.Equal(TooBigStatus.Ok, Try(Frames.Ethernet4(Frames.Ipv4(IpProtocol.Icmp, Frames.Icmp(8, 0, 0, new byte[1500]), fragment: 0x4000)), 1450));
        Assert.Equal(TooBigStatus.IcmpError, Try(Frames.Ethernet6(Frames.Ipv6(IpProtocol.IcmpV6, Frames.Icmp(2, 0, 0, new byte[1500]))), 1450));
        byte[] frame = LargeFrames.Build(false, true, 1500);
        Assert.Equal(TooBigStatus.NoRoom, TooBigBuilder.TryBuild(frame, LargeFrames.Parse(frame), 1450, TooBigStyle.Bridge, default, answer.AsSpan(0, 100), out _));
        frame[30] = 224;
        Assert.Equal(TooBigStatus.NotUnicast, Try(frame, 1450));
        frame[30] = 10;
        frame[26] = 127;
        Assert.Equal(TooBigStatus.NotUnicast, Try(frame, 1450));
        Assert.Equal(TooBigStatus.NotApplicable, Try(frame[..100], 1450));

        TooBigStatus Try(byte[] packet, int mtu) => TooBigBuilder.TryBuild(packet, LargeFrames.Parse(packet), mtu, TooBigStyle.Bridge, default, answer, out _);
    }

    [Theory]
    [InlineData(false, 1410)]
    [InlineData(true, 1390)]
    public void A_syn_announces_what_the_path_takes(bool ipv6, int expected)
    {
        byte[] tcp = Frames.Tcp(4, 6);
        (tcp[13], tcp[20], tcp[21], tcp[22], tcp[23]) = ((byte)TcpFlags.Syn, 2, 4, 8960 >> 8, 8960 & 255);
        byte[] frame = ipv6 ? Frames.Ethernet6(Frames.Ipv6(IpProtocol.Tcp, tcp)) : Frames.Ethernet4(Frames.Ipv4(IpProtocol.Tcp, tcp));
        PacketInfo info = LargeFrames.Parse(frame);
        PacketChecksums.Write(frame, info);

        Assert.Equal(RewriteStatus.Ok, MssClamp.ToPath(frame, info, 1450, out int grown));

        Assert.Equal((0, expected), (grown, frame[info.L4Offset + 22] << 8 | frame[info.L4Offset + 23]));
        Assert.Equal(ChecksumVerdict.Valid, PacketChecksums.VerifyTransport(frame, info));
        byte[] before = [.. frame];
        Assert.Equal(RewriteStatus.NoRoom, MssClamp.ToPath(frame, info, 40, out _));
        frame[info.L4Offset + 13] = before[info.L4Offset + 13] = (byte)TcpFlags.Ack;
        Assert.Equal(RewriteStatus.Ok, MssClamp.ToPath(frame, info, 600, out _));
        Assert.Equal(before, frame);
    }

    private static IPv6Address Remote(int number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, number);
        return new IPv6Address(bytes);
    }
}
