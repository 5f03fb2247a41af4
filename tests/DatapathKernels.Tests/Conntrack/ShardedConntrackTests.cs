using System.Net;
using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using DatapathKernels.Tests.Infrastructure;
using FsCheck.Fluent;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>Tables of several workers against one table.</summary>
public class ShardedConntrackTests
{
    private const string Node = "203.0.113.7", Backend = "10.244.1.9", Node6 = "2001:db8:ffff::7", Backend6 = "2001:db8:244::9";

    [Fact]
    public void Both_directions_and_errors_about_them_fall_to_one_worker()
    {
        using ShardedConntrack sharded = new(new ConntrackOptions { Max = 1000 }, 7);
        Random random = new(1);
        int[] load = new int[7];
        for (int i = 0; i < 5000; i++)
        {
            TestPacket packet = RandomPacket(random);
            int shard = ShardOf(sharded, packet);
            Assert.Equal(shard, ShardOf(sharded, Tracking.Answer(packet)));
            Assert.Equal(shard, ShardOf(sharded, Error(packet)));
            load[shard]++;
        }

        Assert.All(load, count => Assert.InRange(count, 5000 / 7 / 2, 5000 / 7 * 2));
    }

    [Fact]
    public void Without_translations_every_answer_is_that_of_one_table() => Property.Check(Gen.Choose(0, int.MaxValue), seed =>
    {
        Random random = new(seed);
        ConntrackOptions options = new() { Max = 10_000, HashKey = (1, 2) };
        using ConntrackTable one = new(options);
        using ShardedConntrack many = new(options, 1 + random.Next(8));
        TestPacket[] flows = [.. Enumerable.Range(0, 40).Select(_ => RandomPacket(random))];
        long now = 0;
        for (int i = 0; i < 300; i++)
        {
            now += random.Next(20_000);
            TestPacket packet = flows[random.Next(flows.Length)];
            packet = random.Next(8) switch { 0 => Error(packet), < 4 => Tracking.Answer(packet), _ => packet };
            Assert.Equal(Tracking.See(one, packet, now), Tracking.See(many[ShardOf(many, packet)], packet, now));
        }

        for (int shard = 0; shard < many.Shards; shard++)
            many[shard].Collect(now, int.MaxValue);
        one.Collect(now, int.MaxValue);
        Assert.Equal(Summary(Tracking.All(one)), Summary(All(many)));
    }, count: 30);

    [Fact]
    public void Translated_flows_have_the_same_states_and_their_answers_find_the_worker() => Property.Check(Gen.Choose(0, int.MaxValue), seed =>
    {
        Random random = new(seed);
        ConntrackOptions options = new() { Max = 10_000, HashKey = (1, 2) };
        using ShardedConntrack one = new(options, 1), many = new(options, 2 + random.Next(7));
        for (int i = 0; i < 100; i++)
        {
            TestPacket packet = RandomPacket(random);
            int kind = random.Next(4);
            TestPacket? single = Open(one, packet, kind), sharded = Open(many, packet, kind);
            Assert.Equal(single == null, sharded == null);
            if (single == null || sharded == null)
                continue;
            Assert.Equal(Back(one, single), Back(many, sharded));
        }

        Assert.Equal(one.Count, many.Count);
        for (int shard = 0; shard < many.Shards; shard++)
        {
            Assert.All(Tracking.All(many[shard]), view => Assert.Equal((shard, shard), (many.ShardOf(view.Original), many.ShardOf(view.Reply))));
            Assert.Equal((0, 0), (many[shard].InsertFailed, many[shard].PortsExhausted));
        }
    }, count: 30);

    [Fact]
    public void A_connection_whose_answers_would_go_elsewhere_is_not_confirmed()
    {
        using ShardedConntrack many = new(new ConntrackOptions { Max = 1000 }, 8);
        int refused = 0;
        for (int port = 1000; port < 1100; port++)
        {
            // The destination alone, and nothing of the source.
            TestPacket packet = TestPacket.Udp("192.0.2.1", $"198.51.100.{port - 999}", port);
            ConntrackTable table = many[ShardOf(many, packet)];
            TrackedPacket tracked = Tracking.Track(table, packet, 0);
            table.Bind(tracked.Id, destination: true, NatChoice.To(Tracking.Address(Backend), 8080), 0);
            refused += table.Confirm(tracked.Id, 0) ? 0 : 1;
        }

        long failed = 0;
        for (int shard = 0; shard < many.Shards; shard++)
            failed += many[shard].InsertFailed;
        Assert.Equal(refused, failed);
        Assert.Equal(100 - refused, many.Count);
        Assert.InRange(refused, 50, 99);
    }

    [Fact]
    public void Two_workers_on_two_threads_come_to_the_states_of_one()
    {
        Random random = new(8);
        ConntrackOptions options = new() { Max = 100_000, HashKey = (1, 2) };
        using ShardedConntrack one = new(options, 1), two = new(options, 2);
        TestPacket[] packets = [.. Enumerable.Range(0, 3000).Select(_ => RandomPacket(random)).SelectMany(packet => new[] { packet, Tracking.Answer(packet), packet })];
        foreach (TestPacket packet in packets)
            Tracking.See(one[0], packet, 0);
        Thread[] workers = [.. Enumerable.Range(0, 2).Select(shard => new Thread(() =>
        {
            foreach (TestPacket packet in packets.Where(packet => ShardOf(two, packet) == shard))
                Tracking.See(two[shard], packet, 0);
        }))];
        foreach (Thread worker in workers)
            worker.Start();
        foreach (Thread worker in workers)
            worker.Join();
        Assert.Equal(Summary(All(one)), Summary(All(two)));
        Assert.InRange(two[0].Count, one.Count / 4, one.Count * 3 / 4);
    }

    [Fact]
    public void Sizes()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ShardedConntrack(new ConntrackOptions(), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ShardedConntrack(new ConntrackOptions(), ShardedConntrack.MaxShards + 1));
        using ShardedConntrack sharded = new(new ConntrackOptions { Max = 1000 }, 3);
        Assert.Equal((3, 334, 0), (sharded.Shards, sharded[2].Max, sharded.Count));
        Assert.Equal(Enumerable.Range(0, 3).Sum(shard => sharded[shard].MemoryBytes), sharded.MemoryBytes);
    }

    /// <summary>A first packet through both hooks; null when it was not confirmed. The packet as it leaves otherwise.</summary>
    private static TestPacket? Open(ShardedConntrack sharded, TestPacket packet, int kind)
    {
        packet = packet.Copy();
        bool v4 = packet.Bytes[0] >> 4 == 4, ports = packet.Info.Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp;
        ConntrackTable table = sharded[ShardOf(sharded, packet)];
        TrackedPacket tracked = Tracking.Track(table, packet, 0);
        if (tracked.State != TrackedAs.New || tracked.Id < 0)
            return null;
        IPv6Address backend = Tracking.Address(v4 ? Backend : Backend6), node = Tracking.Address(v4 ? Node : Node6);
        NatChoice toBackend = ports ? NatChoice.To(backend, 8080) : NatChoice.To(backend);
        table.Bind(tracked.Id, destination: true, (kind & 1) != 0 ? toBackend : default, 0);
        Assert.True(table.Bind(tracked.Id, destination: false, (kind & 2) != 0 ? NatChoice.To(node) : default, 0));
        table.Translate(packet.Bytes, packet.Info, tracked);
        return table.Confirm(tracked.Id, 0) ? packet : null;
    }

    /// <summary>What the answer to a translated packet is, where it goes, and what becomes of its connection.</summary>
    private static (TrackedAs State, string Destination, ConntrackStatus Status, bool Right) Back(ShardedConntrack sharded, TestPacket sent)
    {
        TestPacket answer = Tracking.Answer(sent).Copy();
        ConntrackTable table = sharded[ShardOf(sharded, answer)];
        TrackedPacket tracked = Tracking.Track(table, answer, 0);
        ConntrackStatus status = tracked.Id < 0 ? ConntrackStatus.None : table.StatusOf(tracked.Id) & (ConntrackStatus.SeenReply | ConntrackStatus.Confirmed);
        table.Translate(answer.Bytes, answer.Info, tracked);
        return (tracked.State, answer.Destination, status, answer.Info.Protocol == IpProtocol.Sctp || answer.ChecksumsAreRight());
    }

    private static int ShardOf(ShardedConntrack sharded, TestPacket packet)
    {
        FlowKeyV6 key = Tracking.KeyOf(packet, out PacketInfo info);
        return sharded.ShardOf(packet.Bytes, info, key);
    }

    private static ConnectionView[] All(ShardedConntrack sharded) => [.. Enumerable.Range(0, sharded.Shards).SelectMany(shard => Tracking.All(sharded[shard]))];

    private static string Summary(ConnectionView[] views) => string.Join('\n', views
        .Select(view => $"{view.Original.Protocol} {view.Original.Source}:{view.Original.SourcePort} {view.Original.Destination}:{view.Original.DestinationPort} {view.Status} {view.Tcp.State} {view.Sctp.State} {view.ExpiresMs}").Order());

    private static TestPacket RandomPacket(Random random)
    {
        bool v4 = random.Next(2) == 0;
        string from = v4 ? $"192.0.2.{random.Next(1, 250)}" : $"2001:db8::{random.Next(1, 250):x}", to = v4 ? $"198.51.100.{random.Next(1, 250)}" : $"2001:db8:1::{random.Next(1, 250):x}";
        int fromPort = random.Next(1024, 65536), toPort = random.Next(1, 1024);
        return random.Next(4) switch
        {
            0 => TestPacket.Udp(from, to, fromPort, toPort),
            1 => TestPacket.Icmp(from, to, (byte)(v4 ? 8 : 128)),
            2 => Tracking.Sctp(from, to, fromPort, toPort, 0, 99, SctpChunkType.Init),
            _ => Tracking.Segment(from, to, fromPort, toPort, Tracking.Syn, 1, 0),
        };
    }

    /// <summary>Port unreachable, sent by the packet's destination.</summary>
    private static TestPacket Error(TestPacket about)
    {
        byte[] answer = new byte[1400];
        bool v4 = about.Bytes[0] >> 4 == 4;
        byte[] source = new byte[16];
        IPAddress.Parse(v4 ? "198.51.100.1" : "2001:db8:1::1").TryWriteBytes(source, out _);
        int length = IcmpErrorWriter.Write(about.Bytes, about.Info, about.Bytes.Length, (byte)(v4 ? 3 : 1), (byte)(v4 ? 3 : 4), 0, new IPv6Address(source), answer);
        return new TestPacket { Bytes = answer[..length] };
    }
}
