using System.Net;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Packets;
using Xunit;

namespace DatapathKernels.Tests.LoadBalancing;

/// <summary>Balance and disruption of every product's table.</summary>
public class MaglevDisruptionTests
{
    private delegate MaglevTable Builder(int[] backends);

    public static TheoryData<string> Products => ["paper", "Cilium", "Katran V1", "Katran V2"];

    [Theory]
    [MemberData(nameof(Products))]
    public void Shares_differ_by_less_than_one_percent_above_100_slots_a_backend(string product)
    {
        foreach (int backends in (int[])[3, 50, 160])
        {
            MaglevTable table = BuilderOf(product)([.. Enumerable.Range(0, backends)]);
            Assert.True(table.Size > 100 * backends, "the claim is for tables of more than 100 slots a backend");
            int[] counts = table.SlotCounts();
            Assert.InRange(counts.Max() - counts.Min(), 0, (0.01 * table.Size / backends) + 1);
        }
    }

    [Theory]
    [MemberData(nameof(Products))]
    public void A_backend_that_leaves_moves_its_share_and_at_most_two_percent_more(string product)
    {
        foreach (int backends in (int[])[10, 100])
        {
            int[] all = [.. Enumerable.Range(0, backends)];
            for (int leaving = 0; leaving < backends; leaving += backends / 5)
            {
                MaglevDisruption disruption = Between(product, all, [.. all.Where(b => b != leaving)]);
                Assert.InRange(disruption.Forced, 0.98 / backends, 1.02 / backends);
                Assert.Equal(0, disruption.Joined);
                Assert.InRange(disruption.Needless, 0, 0.02);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Products))]
    public void A_backend_that_joins_takes_its_share_and_moves_at_most_two_percent_more(string product)
    {
        foreach (int backends in (int[])[10, 100])
        {
            MaglevDisruption disruption = Between(product, [.. Enumerable.Range(0, backends)], [.. Enumerable.Range(0, backends + 1)]);
            Assert.Equal(0, disruption.Forced);
            Assert.InRange(disruption.Joined, 0.98 / (backends + 1), 1.02 / (backends + 1));
            Assert.InRange(disruption.Needless, 0, 0.02);
        }
    }

    [Fact]
    public void Figures_add_up()
    {
        MaglevTable before = PaperMaglev.Build([new MaglevPermutation(3, 4), new MaglevPermutation(0, 2), new MaglevPermutation(3, 1)], 7),
            after = PaperMaglev.Build([new MaglevPermutation(3, 4), new MaglevPermutation(3, 1)], 7);
        MaglevDisruption disruption = MaglevDisruption.Between(before, after, [0, -1, 1]);
        int left = Enumerable.Range(0, 7).Count(slot => before[slot] == 1);
        int moved = Enumerable.Range(0, 7).Count(slot => before[slot] != 1 && (before[slot] == 0 ? 0 : 1) != after[slot]);
        Assert.Equal((left / 7.0, 0.0, moved / 7.0), (disruption.Forced, disruption.Joined, disruption.Needless));
        Assert.Equal((left + moved) / 7.0, disruption.Moved, 12);
        Assert.Equal(default, MaglevDisruption.Between(before, before, [0, 1, 2]));
        Assert.Equal(1, MaglevDisruption.Between(before, PaperMaglev.Build(ReadOnlySpan<MaglevPermutation>.Empty, 7), [-1, -1, -1]).Forced);
        Assert.Equal(1, MaglevDisruption.Between(before, before, [-1, -1, -1]).Forced);
    }

    [Fact]
    public void Bad_input_is_named()
    {
        MaglevTable seven = PaperMaglev.Build(["a"], 7), eleven = PaperMaglev.Build(["a"], 11);
        Assert.Throws<ArgumentException>(() => MaglevDisruption.Between(seven, eleven, [0]));
        Assert.Throws<ArgumentException>(() => MaglevDisruption.Between(seven, seven, [0, 1]));
        Assert.Throws<ArgumentException>(() => MaglevDisruption.Between(seven, seven, [1]));
    }

    private static MaglevDisruption Between(string product, int[] before, int[] after)
    {
        Builder build = BuilderOf(product);
        PublishedMaglev<int> service = new(build(before), before);
        MaglevGeneration<int> old = service.Current;
        return MaglevDisruption.Between(old, service.Publish(build(after), after));
    }

    private static Builder BuilderOf(string product) => product switch
    {
        "paper" => backends => PaperMaglev.Build([.. backends.Select(b => $"backend-{b}")]),
        "Cilium" => backends => new CiliumMaglev().Build([.. backends.Select(b => new CiliumBackend(Address(b), 8080, IpProtocol.Tcp))]),
        "Katran V1" => backends => KatranMaglev.Build(Sorted(backends)),
        _ => backends => KatranMaglev.BuildV2(Sorted(backends)),
    };

    /// <summary>Hashes that rise with the number, so that Katran's order, by hash, is the list's.</summary>
    private static KatranBackend[] Sorted(int[] backends) =>
        [.. backends.Select(b => new KatranBackend(((ulong)b * 0x0123_4567_89ab) + 17))];

    private static IPAddress Address(int backend) => new([10, 0, (byte)(backend >> 8), (byte)backend]);
}
