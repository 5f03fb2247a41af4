using DatapathKernels.Bench.Scenarios.LongLived;
using DatapathKernels.LoadBalancing;
using Xunit;

namespace DatapathKernels.Tests.Bench.Scenarios;

/// <summary>Connections over a Service that grows.</summary>
public class LongLivedTests
{
    private static readonly LongLivedPlan s_plan = new() { Clients = 400, AgeMinutes = 30 };

    public static TheoryData<string> Choosers => ["iptables", "rr", "lc", "Maglev"];

    [Fact]
    public void A_sample_compares_the_fullest_with_the_mean()
    {
        // 12 connections on 4 backends are 3 each; the first two, old, have 9.
        Assert.Equal(new LoadSample(5, 2, 0.75), LoadSample.Of(5, [6, 3, 2, 1], 2));
        Assert.Equal(new LoadSample(5, 1, 0.5), LoadSample.Of(5, [3, 3, 3, 3], 2));
    }

    [Fact]
    public void Even_counts_from_the_last_time_it_became_so()
    {
        LoadSample[] samples = [new(1, 1.2, 0), new(2, 4, 0), new(5, 1.5, 0), new(10, 1.1, 0)];
        Assert.Equal(5, LongLivedModel.EvenFrom(samples, 1.5));
        Assert.Null(LongLivedModel.EvenFrom(samples, 1));
        Assert.Null(LongLivedModel.EvenFrom([.. samples, new(20, 2, 0)], 1.5));
    }

    [Theory]
    [MemberData(nameof(Choosers))]
    public void Connections_that_never_close_stay_on_the_old_backends(string chooser)
    {
        foreach (LoadSample sample in LongLivedModel.Run(s_plan with { AgeMinutes = LongLivedPlan.Forever }, Make(chooser)))
        {
            Assert.Equal(1, sample.OldShare);
            Assert.InRange(sample.MostOverMean, 10, 13);
        }
    }

    [Fact]
    public void Taking_turns_spreads_them_exactly()
    {
        IReadOnlyList<LoadSample> samples = LongLivedModel.Run(s_plan with { AgeMinutes = LongLivedPlan.PerRequest }, Make("rr"));
        Assert.All(samples, sample => Assert.Equal((1.0, 0.1), (sample.MostOverMean, sample.OldShare)));
        Assert.Equal(10, LongLivedModel.Run(s_plan with { AgeMinutes = LongLivedPlan.Forever }, Make("rr"))[0].MostOverMean);
    }

    [Theory]
    [MemberData(nameof(Choosers))]
    public void Balancing_each_request_is_even_at_once(string chooser)
    {
        LoadSample first = LongLivedModel.Run(s_plan with { Clients = 4000, AgeMinutes = LongLivedPlan.PerRequest }, Make(chooser))[0];
        Assert.Equal(0, first.Minute);
        Assert.InRange(first.MostOverMean, 1, 1.35);
        Assert.InRange(first.OldShare, 0.07, 0.13);
    }

    [Theory]
    [MemberData(nameof(Choosers))]
    public void After_its_age_no_connection_is_where_it_was_and_half_way_half_are(string chooser)
    {
        LongLivedPlan plan = s_plan with { Clients = 4000, SampleMinutes = [0, 15, 30] };
        IReadOnlyList<LoadSample> samples = LongLivedModel.Run(plan, Make(chooser));
        Assert.Equal(1, samples[0].OldShare);

        // Half of them were chosen again: a tenth of that half is on old backends, but for lc, which gives them nothing yet.
        Assert.InRange(samples[1].OldShare, chooser == "lc" ? 0.47 : 0.52, chooser == "lc" ? 0.53 : 0.58);
        Assert.InRange(samples[2].OldShare, 0.07, 0.13);
        Assert.InRange(samples[2].MostOverMean, 1, 1.35);
    }

    [Fact]
    public void The_same_seed_plays_the_same()
    {
        Assert.Equal(LongLivedModel.Run(s_plan, Make("iptables")), LongLivedModel.Run(s_plan, Make("iptables")));
        Assert.NotEqual(LongLivedModel.Run(s_plan, Make("iptables")), LongLivedModel.Run(s_plan with { Seed = 2 }, Make("iptables")));
    }

    private static IBackendChooser Make(string chooser) => chooser switch
    {
        "iptables" => new IptablesChooser(1),
        "rr" => new IpvsChooser(SchedulerKind.RoundRobin),
        "lc" => new IpvsChooser(SchedulerKind.LeastConnections),
        _ => new MaglevChooser(),
    };
}
