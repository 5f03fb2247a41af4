using System.Security.Cryptography;
using DatapathKernels.Formats.Clusters;
using DatapathKernels.Formats.Traffic;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.Formats.Traffic;

public class TrafficGeneratorTests
{
    private static readonly Cluster DualStack = ClusterGenerator.Generate(new()
    {
        Services = 200,
        EndpointsPerService = 3,
        UdpShare = 0.3,
        Families = IpFamilies.DualStack,
    });

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1518)]
    [InlineData(9018)]
    public void Frames_parse_verify_and_say_what_the_truth_says(int fixedBytes)
    {
        TrafficOptions options = new()
        {
            NewConnectionShare = 0.3,
            PodToPodShare = 0.2,
            OutboundShare = 0.1,
            Sizes = fixedBytes == 0 ? FrameSizes.Imix : FrameSizes.Fixed(fixedBytes),
        };
        using TrafficTrace trace = new TrafficGenerator(DualStack, options).Generate(2_000);
        ServiceKeyV4[] servicesV4 = DualStack.ServiceKeysV4();
        ServiceKeyV6[] servicesV6 = DualStack.ServiceKeysV6();
        for (int i = 0; i < trace.Arena.Count; i++)
        {
            PacketTruth truth = trace.Truth[i];
            ReadOnlySpan<byte> frame = trace.Arena.Frame(i);
            Assert.Equal(ParseStatus.Ok, FlowParser.Parse(frame, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info));
            Assert.Equal((uint)(frame.Length - 14), info.L3Length);
            Assert.Equal(truth.IsIPv6 ? ChecksumVerdict.Absent : ChecksumVerdict.Valid, PacketChecksums.VerifyNetwork(frame, info));
            Assert.Equal(ChecksumVerdict.Valid, PacketChecksums.VerifyTransport(frame, info));
            Assert.Equal(truth.IsIPv6, (info.Flags & PacketFlags.Ipv6) != 0);

            int service = truth.IsIPv6
                ? Array.IndexOf(servicesV6, ServiceKeyV6.Of(v6))
                : Array.IndexOf(servicesV4, ServiceKeyV4.Of(v4));
            Assert.Equal(truth.Service, service);
            Assert.Equal(truth.Kind == TrafficKind.Service, service != PacketTruth.NoService);
            if (info.Protocol == IpProtocol.Tcp)
                Assert.Equal(truth.IsNew, (frame[info.L4Offset + 13] & 0x02) != 0);
        }
    }

    [Fact]
    public void A_flow_is_one_five_tuple_and_starts_once()
    {
        using TrafficTrace trace = new TrafficGenerator(DualStack, new() { NewConnectionShare = 0.1, ActiveFlows = 50 }).Generate(5_000);
        Dictionary<int, string> keys = [];
        HashSet<string> seen = [];
        Dictionary<int, uint> nextSequence = [];
        for (int i = 0; i < trace.Arena.Count; i++)
        {
            PacketTruth truth = trace.Truth[i];
            ReadOnlySpan<byte> frame = trace.Arena.Frame(i);
            FlowParser.Parse(frame, out FlowKeyV4 v4, out FlowKeyV6 v6, out PacketInfo info);
            string key = truth.IsIPv6 ? v6.ToString() : v4.ToString();
            Assert.Equal(truth.IsNew, keys.TryAdd(truth.Flow, key));
            Assert.Equal(truth.IsNew, seen.Add(key));
            Assert.Equal(keys[truth.Flow], key);
            if (info.Protocol != IpProtocol.Tcp)
                continue;
            uint sequence = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(frame[(info.L4Offset + 4)..]);
            if (!truth.IsNew)
                Assert.Equal(nextSequence[truth.Flow], sequence);
            nextSequence[truth.Flow] = sequence + info.L4Length - 20 + (truth.IsNew ? 1u : 0u);
        }

        Assert.Equal(Enumerable.Range(0, keys.Count), keys.Keys);
    }

    [Fact]
    public void Shares_are_kept()
    {
        const int packets = 60_000;
        TrafficOptions options = new() { NewConnectionShare = 0.25, PodToPodShare = 0.3, OutboundShare = 0.2, IPv6Share = 0.4, ActiveFlows = 500 };
        TrafficGenerator generator = new(DualStack, options);
        using TrafficTrace trace = generator.Generate(packets, headroomBytes: 0);
        PacketTruth[] truth = trace.Truth.ToArray();
        PacketTruth[] first = [.. truth.Where(t => t.IsNew)];
        Assert.Equal(generator.FlowsStarted, first.Length);
        Assert.Equal(0.25, (double)first.Length / packets, 0.01);
        Assert.Equal(0.3, first.Average(t => t.Kind == TrafficKind.PodToPod ? 1.0 : 0), 0.02);
        Assert.Equal(0.2, first.Average(t => t.Kind == TrafficKind.Outbound ? 1.0 : 0), 0.02);
        Assert.Equal(0.4, first.Average(t => t.IsIPv6 ? 1.0 : 0), 0.02);

        // All services alike: about 7,500 flows to 200 services.
        int[] hits = new int[200];
        foreach (PacketTruth t in first.Where(t => t.Kind == TrafficKind.Service))
            hits[t.Service]++;
        double mean = hits.Average();
        Assert.True(hits.Max() < mean * 2 && hits.Min() > mean / 2, $"mean {mean}, from {hits.Min()} to {hits.Max()}");
    }

    [Fact]
    public void Popular_services_follow_zipfs_law()
    {
        Cluster cluster = ClusterGenerator.Generate(new() { Services = 100 });
        using TrafficTrace trace = new TrafficGenerator(cluster, new() { Skew = 1.1, NewConnectionShare = 1, Sizes = FrameSizes.Fixed(64) }).Generate(50_000, 0);
        int[] hits = new int[100];
        foreach (PacketTruth truth in trace.Truth)
            hits[truth.Service]++;
        Array.Sort(hits, (a, b) => b - a);
        ZipfSampler law = new(100, 1.1);
        for (int rank = 0; rank < 10; rank++)
            Assert.Equal(law.Probability(rank), hits[rank] / 50_000.0, 0.01);
    }

    [Fact]
    public void Imix_sizes_have_the_standards_mean()
    {
        Cluster cluster = ClusterGenerator.Generate(new() { Services = 10 });
        using TrafficTrace trace = new TrafficGenerator(cluster, new()).Generate(50_000, 0);
        int[] sizes = [.. Enumerable.Range(0, trace.Arena.Count).Select(i => trace.Arena.Frame(i).Length + FrameSizes.CheckSequenceBytes)];
        Assert.Equal([64, 594, 1518], sizes.Distinct().Order());
        Assert.Equal(361.8, sizes.Average(), 8.0);
    }

    [Fact]
    public void The_seed_decides_every_byte()
    {
        byte[] one = Hash(DualStack, new() { Seed = 1, Skew = 0.99 });
        Assert.Equal(one, Hash(DualStack, new() { Seed = 1, Skew = 0.99 }));
        Assert.NotEqual(one, Hash(DualStack, new() { Seed = 2, Skew = 0.99 }));
    }

    /// <summary>The same frames for the same seed, on every machine and in every version: benchmarks are compared across both.</summary>
    [Fact]
    public void The_frames_of_one_seed_never_change()
    {
        TrafficOptions options = new() { Seed = 42, Skew = 0.99, NewConnectionShare = 0.2, PodToPodShare = 0.1, OutboundShare = 0.1 };
        Assert.Equal("0F7A56AD6A729A098B48576282852D1A79720DBB6279A5B9EFC24AB76DF10007", Convert.ToHexString(Hash(DualStack, options)));
    }

    [Fact]
    public void A_generator_goes_on_where_it_stopped()
    {
        TrafficOptions options = new() { NewConnectionShare = 0.1 };
        TrafficGenerator pieces = new(DualStack, options);
        using TrafficTrace first = pieces.Generate(100);
        using TrafficTrace second = pieces.Generate(100);
        using TrafficTrace whole = new TrafficGenerator(DualStack, options).Generate(200);
        for (int i = 0; i < 200; i++)
        {
            TrafficTrace part = i < 100 ? first : second;
            Assert.Equal(whole.Truth[i].ToString(), part.Truth[i % 100].ToString());
            Assert.True(whole.Arena.Frame(i).SequenceEqual(part.Arena.Frame(i % 100)));
        }
    }

    [Fact]
    public void An_arena_is_filled_up_and_no_further()
    {
        using PacketArena arena = new(10);
        PacketTruth[] truth = new PacketTruth[100];
        TrafficGenerator generator = new(DualStack, new());
        Assert.Equal(4, generator.Fill(arena, truth.AsSpan(0, 4)));
        Assert.Equal(6, generator.Fill(arena, truth));
        Assert.Equal(0, generator.Fill(arena, truth));

        using PacketArena small = new(10, slotBytes: 128, headroomBytes: 64);
        Assert.Throws<ArgumentException>(() => new TrafficGenerator(DualStack, new() { Sizes = FrameSizes.Fixed(1518) }).Fill(small, truth));
    }

    [Fact]
    public void Traffic_a_cluster_cannot_carry_is_refused()
    {
        Cluster empty = ClusterGenerator.Generate(new() { Services = 0 });
        Cluster v4 = ClusterGenerator.Generate(new() { Services = 1 });
        Assert.Throws<ArgumentException>(() => new TrafficGenerator(empty, new()));
        Assert.Throws<ArgumentException>(() => new TrafficGenerator(v4, new() { IPv6Share = 0.5 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrafficGenerator(v4, new() { PodToPodShare = 0.6, OutboundShare = 0.6 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrafficGenerator(v4, new() { NewConnectionShare = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrafficGenerator(v4, new() { ActiveFlows = 0 }));
        using TrafficTrace misses = new TrafficGenerator(empty, new() { PodToPodShare = 0.5, OutboundShare = 0.5 }).Generate(100);
        Assert.All(misses.Truth.ToArray(), truth => Assert.Equal(PacketTruth.NoService, truth.Service));

        // One pod has 28,232 ports to reach the one service from.
        Cluster tiny = ClusterGenerator.Generate(new() { Services = 1, EndpointsPerService = 1, OtherPods = 0 });
        Assert.Throws<InvalidOperationException>(() => new TrafficGenerator(tiny, new() { NewConnectionShare = 1, Sizes = FrameSizes.Fixed(64) }).Generate(30_000, 0));
    }

    [Fact]
    public unsafe void Truth_is_12_bytes() => Assert.Equal(12, sizeof(PacketTruth));

    private static byte[] Hash(Cluster cluster, TrafficOptions options)
    {
        using TrafficTrace trace = new TrafficGenerator(cluster, options).Generate(1_000);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < trace.Arena.Count; i++)
            hash.AppendData(trace.Arena.Frame(i));
        return hash.GetHashAndReset();
    }
}
