using System.Buffers.Binary;
using DatapathKernels.Conntrack;
using DatapathKernels.Packets;
using DatapathKernels.Tests.Filtering;
using Xunit;
using Xunit.Abstractions;

namespace DatapathKernels.Tests.Conntrack;

/// <summary>Tuples that were chosen to collide, and what a table is like after it was full.</summary>
public class ConntrackAttackTests(ITestOutputHelper output)
{
    private const int Max = 4096, Aimed = 400;
    private static readonly (ulong, ulong) s_known = (1, 2);

    /// <summary>
    /// Who knows the seed can aim all at one bucket: it takes what the kernel's would, and the rest is dropped. Under another seed the same
    /// tuples are like any others.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tuples_that_collide_under_one_seed_do_no_harm_under_another(bool kernelHash)
    {
        uint[] sources = Collide(kernelHash);
        Assert.Equal(Aimed, sources.Length);
        using ConntrackTable aimedAt = Table(s_known, kernelHash), other = Table((77, 78), kernelHash);
        int known = sources.Count(source => Tracking.See(aimedAt, From(source), 0) == TrackedAs.New);
        int unknown = sources.Count(source => Tracking.See(other, From(source), 0) == TrackedAs.New);
        output.WriteLine($"of {Aimed} into one bucket {known} get in; under another seed {unknown}");
        Assert.InRange(known, 50, 81);
        Assert.Equal((Aimed, 0), (unknown, other.ChainTooLong));
        Assert.Equal(Aimed - known, aimedAt.ChainTooLong);

        // Others suffer only where one of their two tuples is in that very bucket.
        int others = Enumerable.Range(1, 200).Count(port => Tracking.See(aimedAt, TestPacket.Udp("198.51.100.1", "10.0.0.9", port, 53), 0) == TrackedAs.New);
        Assert.InRange(others, 198, 200);
    }

    /// <summary>Not one place is lost on the way: after storms with bursts, translations, evictions and enough time, as many connections fit as at first, and each is found both ways.</summary>
    [Theory]
    [InlineData(EvictionPolicy.Linux)]
    [InlineData(EvictionPolicy.DropNew)]
    [InlineData(EvictionPolicy.LeastUseful)]
    [InlineData(EvictionPolicy.Lru)]
    public void A_table_that_emptied_is_as_a_new_one(EvictionPolicy policy)
    {
        const int max = 300;
        Random random = new(3 + (int)policy);
        using ConntrackTable table = new(new ConntrackOptions { Max = max, Eviction = policy, HashKey = (5, 6) });
        long now = 0;
        for (int round = 1; round <= 4; round++)
        {
            for (int i = 0; i < 5000; i++, now += random.Next(40))
            {
                TestPacket packet = random.Next(3) switch
                {
                    0 => TestPacket.Udp("2001:db8::1", "2001:db8::2", random.Next(1, 900), 53),
                    1 => TestPacket.Tcp("192.0.2.1", "10.0.0.1", random.Next(1, 900), 80, Tracking.Syn),
                    _ => TestPacket.Udp("192.0.2.1", "10.0.0.1", random.Next(1, 900), 53),
                };
                TrackedPacket tracked = Tracking.Track(table, random.Next(3) == 0 ? Tracking.Answer(packet) : packet, now);
                if (tracked.State != TrackedAs.New || tracked.Id < 0)
                    continue;
                if (random.Next(2) == 0)
                    table.Bind(tracked.Id, destination: false, default, now);
                if (random.Next(5) == 0)
                    table.Forget(tracked.Id);
                else
                    table.Confirm(tracked.Id, now);
            }

            now += 500_000_000;
            table.Collect(now, int.MaxValue);
            Assert.Equal(0, table.Count);
            for (int port = 1; port <= max; port++)
                Assert.Equal(TrackedAs.New, Tracking.See(table, TestPacket.Udp("203.0.113.1", "10.0.0.1", port, 53), now));
            Assert.Equal(max, table.Count);
            for (int port = 1; port <= max; port++)
            {
                TestPacket packet = TestPacket.Udp("203.0.113.1", "10.0.0.1", port, 53);
                TrackedPacket there = Tracking.Track(table, packet, now), back = Tracking.Track(table, Tracking.Answer(packet), now);
                Assert.Equal((there.Id, false, true), (back.Id, there.IsReply, back.IsReply));
            }
        }
    }

    /// <summary>A pod that calls its own Service and is chosen as the backend: it sees the node as the caller, and the answer comes back from the Service.</summary>
    [Theory]
    [InlineData("10.244.1.5", "10.96.0.10", "10.0.0.1")]
    [InlineData("fd00:244::5", "fd00:96::a", "fd00::1")]
    public void A_hairpin_is_translated_on_both_sides_and_back(string pod, string service, string node)
    {
        using ConntrackTable table = new(new ConntrackOptions { Max = 10 });
        TestPacket sent = TestPacket.Udp(pod, service, 4000, 80).Copy();
        TrackedPacket tracked = Tracking.Track(table, sent, 0);
        Assert.True(table.Bind(tracked.Id, destination: true, NatChoice.To(Tracking.Address(pod), 8080), 0));
        Assert.True(table.Bind(tracked.Id, destination: false, NatChoice.To(Tracking.Address(node)), 0));
        table.Translate(sent.Bytes, sent.Info, tracked);
        Assert.True(table.Confirm(tracked.Id, 0));
        FlowKeyV6 arrived = Tracking.KeyOf(sent, out _);
        Assert.Equal((Tracking.Address(node), Tracking.Address(pod), 8080), (arrived.Source, arrived.Destination, (int)arrived.DestinationPort));
        TestPacket answer = Tracking.Answer(sent).Copy();
        TrackedPacket back = Tracking.Track(table, answer, 0);
        Assert.Equal((TrackedAs.Established, tracked.Id, true), (back.State, back.Id, back.IsReply));
        table.Translate(answer.Bytes, answer.Info, back);
        Assert.Equal(Tracking.KeyOf(TestPacket.Udp(service, pod, 80, 4000), out _), Tracking.KeyOf(answer, out _));
        Assert.True(answer.ChecksumsAreRight());
    }

    private static ConntrackTable Table((ulong, ulong) seed, bool kernelHash) => new(new ConntrackOptions { Max = Max, HashKey = seed, UsesKernelHash = kernelHash, Eviction = EvictionPolicy.LeastUseful });

    private static TestPacket From(uint source)
    {
        TestPacket packet = TestPacket.Udp("192.0.2.1", "10.0.0.1", 1000, 53);
        BinaryPrimitives.WriteUInt32BigEndian(packet.Bytes.AsSpan(12), source);
        return Tracking.Mended(packet.Bytes);
    }

    /// <summary>Sources whose tuples fall into the first bucket under the known seed.</summary>
    private static uint[] Collide(bool kernelHash)
    {
        using ConntrackTable table = Table(s_known, kernelHash);
        FlowKeyV6 key = Tracking.KeyOf(From(0x0b000000), out _);
        return [.. Enumerable.Range(0, int.MaxValue).Select(i => 0x0b000000u + (uint)i).Where(source => table.BucketOf(
            ConntrackTable.KeyOf(new FlowKeyV4(BinaryPrimitives.ReverseEndianness(source), ConnectionKeys.ToV4(key).DestinationBe, key.SourcePortBe, key.DestinationPortBe, key.Protocol))) == 0).Take(Aimed)];
    }
}
