using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using DatapathKernels.Tests.Infrastructure;
using FsCheck.Fluent;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>What holds of translations whatever the packets.</summary>
public class NatPropertyTests
{
    /// <summary>
    /// A packet translated, answered, and the answer translated back is the answer to the packet, byte for byte: TCP, UDP with and without checksum, SCTP, ICMP, both families, source, destination
    /// or both.
    /// </summary>
    [Fact]
    public void There_and_back_is_identity() => Property.Check(Gen.Choose(0, int.MaxValue), seed =>
    {
        Random random = new(seed);
        using ConntrackTable table = new(new ConntrackOptions { Max = 1000, HashKey = (3, 4) });
        for (int i = 0; i < 40; i++)
        {
            TestPacket packet = RandomPacket(random), expected = Tracking.Answer(packet), sent = packet.Copy();
            TrackedPacket tracked = Tracking.Track(table, sent, 0);
            if (tracked.State != TrackedAs.New || (table.StatusOf(tracked.Id) & ConntrackStatus.Confirmed) != 0)
                continue;
            bool zero = IsUnchecked(packet);
            Bind(table, tracked.Id, packet, 1 + random.Next(3));
            Assert.Equal(RewriteStatus.Ok, table.Translate(sent.Bytes, sent.Info, tracked));
            Assert.NotEqual(packet.Bytes, sent.Bytes);
            Assert.Equal(zero, IsUnchecked(sent));
            Assert.True(zero || IsRight(sent));
            Assert.True(table.Confirm(tracked.Id, 0));
            TestPacket back = Tracking.Answer(sent).Copy();
            TrackedPacket answer = Tracking.Track(table, back, 0);
            Assert.Equal((TrackedAs.Established, tracked.Id, true), (answer.State, answer.Id, answer.IsReply));
            table.Translate(back.Bytes, back.Info, answer);
            Assert.Equal(expected.Bytes, back.Bytes);
        }
    }, count: 100);

    /// <summary>Random packets, some of them broken, with translations bound at random: no exception, never more connections than allowed, nothing left after enough time, no more memory.</summary>
    [Theory]
    [InlineData(EvictionPolicy.Linux)]
    [InlineData(EvictionPolicy.DropNew)]
    [InlineData(EvictionPolicy.LeastUseful)]
    [InlineData(EvictionPolicy.Lru)]
    public void A_storm_with_translations(EvictionPolicy policy)
    {
        const int max = 60;
        Random random = new(40 + (int)policy);
        using ConntrackTable table = new(new ConntrackOptions { Max = max, Buckets = 16, Eviction = policy, HashKey = (7, 8), Accounting = true, Timestamps = true });
        long now = 0, bytes = table.MemoryBytes;
        List<TestPacket> sent = [];
        for (int i = 0; i < 40_000; i++)
        {
            now += random.Next(200);
            TestPacket packet = sent.Count == 0 || random.Next(3) != 0 ? RandomPacket(random) : sent[random.Next(sent.Count)].Copy();
            if (random.Next(4) == 0)
                packet.Bytes[random.Next(packet.Bytes.Length)] ^= (byte)(1 << random.Next(8));
            TrackedPacket tracked = Tracking.Track(table, packet, now);
            if (tracked.State == TrackedAs.New && tracked.Id >= 0 && random.Next(8) != 0)
                Bind(table, tracked.Id, packet, random.Next(4), now);
            table.Translate(packet.Bytes, packet.Info, tracked);
            if (tracked.State == TrackedAs.New && tracked.Id >= 0 && random.Next(10) == 0)
                table.Forget(tracked.Id);
            else if (tracked.State == TrackedAs.New && tracked.Id >= 0)
                table.Confirm(tracked.Id, now);
            Assert.InRange(table.Count, 0, max);
            if (sent.Count < 200)
                sent.Add(packet);
            else
                sent[random.Next(sent.Count)] = packet.Info.HasKey && (packet.Info.Flags & PacketFlags.Transport) != 0 ? Tracking.Answer(packet) : packet;
        }

        table.Collect(now + 500_000_000, int.MaxValue);
        Assert.Equal((0, bytes), (table.Count, table.MemoryBytes));
    }

    private static void Bind(ConntrackTable table, int id, TestPacket packet, int sides, long nowMs = 0)
    {
        bool v4 = packet.Bytes[0] >> 4 == 4, ports = packet.Info.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;
        IPv6Address backend = Tracking.Address(v4 ? "10.244.1.9" : "2001:db8:244::9"), node = Tracking.Address(v4 ? "203.0.113.7" : "2001:db8:ffff::7");
        if ((sides & 1) != 0)
            table.Bind(id, destination: true, ports ? NatChoice.To(backend, 8080) : NatChoice.To(backend), nowMs);
        table.Bind(id, destination: false, (sides & 2) != 0 ? NatChoice.To(node) : default, nowMs);
    }

    private static bool IsUnchecked(TestPacket packet) =>
        packet.Info.Protocol == IpProtocol.Udp && packet.Bytes[0] >> 4 == 4 && packet.Bytes[26] == 0 && packet.Bytes[27] == 0;

    private static bool IsRight(TestPacket packet) =>
        packet.Info.Protocol == IpProtocol.Sctp ? SctpChecksum.Verify(packet.Bytes.AsSpan(packet.Info.L4Offset)) : packet.ChecksumsAreRight();

    private static TestPacket RandomPacket(Random random)
    {
        bool v4 = random.Next(2) == 0;
        string from = v4 ? $"192.0.2.{random.Next(1, 20)}" : $"2001:db8::{random.Next(1, 20):x}", to = v4 ? $"198.51.100.{random.Next(1, 5)}" : $"2001:db8:1::{random.Next(1, 5):x}";
        int fromPort = random.Next(1, 65536), toPort = random.Next(1, 1024);
        return random.Next(5) switch
        {
            0 => TestPacket.Udp(from, to, fromPort, toPort),
            1 => TestPacket.Udp(from, to, fromPort, toPort, checksum: !v4),
            2 => TestPacket.Icmp(from, to, (byte)(v4 ? 8 : 128)),
            3 => Tracking.Sctp(from, to, fromPort, toPort, 0, 99, SctpChunkType.Init),
            _ => Tracking.Segment(from, to, fromPort, toPort, Tracking.Syn, 1, 0),
        };
    }
}
