using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using Xunit;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>
/// What a burst asks of the memory ahead changes nothing: tables that fill, overflow and are collected from are those of single packets, whoever has to go.
/// </summary>
public class NewConnectionBurstTests
{
    [Theory]
    [InlineData(EvictionPolicy.Linux, 5)]
    [InlineData(EvictionPolicy.Linux, 64)]
    [InlineData(EvictionPolicy.DropNew, 5)]
    [InlineData(EvictionPolicy.DropNew, 64)]
    [InlineData(EvictionPolicy.LeastUseful, 5)]
    [InlineData(EvictionPolicy.LeastUseful, 64)]
    [InlineData(EvictionPolicy.Lru, 5)]
    [InlineData(EvictionPolicy.Lru, 64)]
    public void Bursts_into_a_full_table_equal_singles(EvictionPolicy policy, int longest)
    {
        Random random = new(7 + (int)policy);
        ConntrackOptions options = new() { Max = 300, Buckets = random.Next(2) * 97, Eviction = policy, HashKey = (5, 6) };
        using ConntrackTable one = new(options), other = new(options);
        using PacketArena arena = new(64, 512);
        TrackedPacket[] results = new TrackedPacket[64];
        FlowKeyV6[] keys = new FlowKeyV6[64];
        PacketInfo[] infos = new PacketInfo[64];
        long now = 0;
        for (int round = 0; round < 19_200 / longest; round++)
        {
            arena.Clear();
            TestPacket[] packets = [.. Enumerable.Range(0, random.Next(1, longest + 1)).Select(_ => Any(random))];
            for (int i = 0; i < packets.Length; i++)
            {
                arena.TryAdd(packets[i].Bytes, LinkType.Raw);
                keys[i] = Tracking.KeyOf(packets[i], out infos[i]);
            }

            now += random.Next(20) == 0 ? 4_000 : random.Next(300);
            other.TrackBurst(arena.Burst(0, packets.Length), infos, keys, now, results);
            for (int i = 0; i < packets.Length; i++)
                Assert.Equal(Tracking.See(one, packets[i], now), results[i].State);
            int budget = random.Next(4) == 0 ? int.MaxValue : 0;
            Assert.Equal(one.Collect(now, budget), other.Collect(now, budget));
            Assert.Equal((one.Count, one.Evicted, one.DroppedFull, one.InsertFailed, one.Invalid), (other.Count, other.Evicted, other.DroppedFull, other.InsertFailed, other.Invalid));
        }

        Assert.Equal(Sorted(one), Sorted(other));
    }

    private static string[] Sorted(ConntrackTable table) => [.. Tracking.All(table).Select(connection => connection.ToString()).Order(StringComparer.Ordinal)];

    private static TestPacket Any(Random random)
    {
        TestPacket packet = random.Next(4) switch
        {
            0 => TestPacket.Udp("192.0.2.1", "10.0.0.1", 1 + random.Next(2000), 53),
            1 => TestPacket.Tcp("2001:db8::1", "2001:db8::2", 1 + random.Next(500), 80),
            2 => TestPacket.Icmp("192.0.2.1", "10.0.0.1", (byte)random.Next(20)),
            _ => TestPacket.Tcp("192.0.2.1", "10.0.0.1", 1 + random.Next(200), 80, random.Next(3) switch { 0 => Tracking.Ack, 1 => Tracking.Rst, _ => Tracking.Syn }),
        };
        return random.Next(3) == 0 ? Tracking.Answer(packet) : packet;
    }
}
