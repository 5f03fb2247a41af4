using System.Globalization;
using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.LoadBalancing;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.LongLived;

/// <summary>Connections that outlive a Service's growth: how long its old backends stay full and its new ones idle.</summary>
internal sealed class LongLivedScenario : IScenario
{
    private const double Even = 1.5;
    private const double ComparedAge = 30;

    private static readonly double[] s_shown = [0, 1, 5, 15, 30, 60, 120, 240];

    private static readonly (string Name, double Minutes)[] s_ages =
    [
        ("each request", LongLivedPlan.PerRequest), ("1 min", 1), ("5 min", 5), ("30 min", 30), ("2 h", 120), ("forever", LongLivedPlan.Forever),
    ];

    private static readonly (string Name, Func<int, IBackendChooser> Make)[] s_choosers =
    [
        ("iptables (random)", seed => new IptablesChooser((uint)seed)),
        ("IPVS rr", _ => new IpvsChooser(SchedulerKind.RoundRobin)),
        ("IPVS lc", _ => new IpvsChooser(SchedulerKind.LeastConnections)),
        ("Cilium Maglev", _ => new MaglevChooser()),
    ];

    /// <inheritdoc/>
    public string Name => "LongLived";

    /// <inheritdoc/>
    public ScenarioLength Length => new(Quick: 0.5, Full: 9);

    /// <inheritdoc/>
    public ScenarioRecord Run(ScenarioContext context)
    {
        LongLivedPlan plan = new() { Clients = context.Full ? 20_000 : 2_000, Seed = context.Seed };
        Dictionary<(string Chooser, string Age), IReadOnlyList<LoadSample>> runs = [];
        foreach ((string chooser, Func<int, IBackendChooser> make) in s_choosers)
        {
            foreach ((string age, double minutes) in s_ages)
                runs.Add((chooser, age), LongLivedModel.Run(plan with { AgeMinutes = minutes }, make(context.Seed)));
        }

        return new ScenarioRecord(
            Name,
            "Long-lived connections",
            $"A Service of {plan.Before} backends grows to {plan.After}. How long do the old ones carry the load of {Words.Count(plan.Clients)} clients that keep their connections?",
            Findings(plan, runs),
            [ByAge(plan, runs), Evened(runs)],
            [
                Chart($"Share of the {plan.Before} old backends by the age of connections, {s_choosers[0].Name}", "percent of the connections", runs, Ages(s_choosers[0].Name), s => 100 * s.OldShare),
                Chart($"The fullest backend by how it is chosen, connections of {ComparedAge:0} min", "times the mean", runs, Choosers(), s => s.MostOverMean),
            ]);
    }

    private static List<string> Findings(LongLivedPlan plan, Dictionary<(string Chooser, string Age), IReadOnlyList<LoadSample>> runs)
    {
        List<string> findings = [];
        string compared = s_ages.First(age => age.Minutes == ComparedAge).Name;
        foreach ((string age, _) in s_ages)
        {
            IReadOnlyList<LoadSample> samples = runs[(s_choosers[0].Name, age)];
            LoadSample hour = samples.First(s => s.Minute >= 60);
            findings.Add($"{s_choosers[0].Name}, {age}: after an hour {Words.Percent(hour.OldShare)} of the connections are on the {plan.Before} old of {plan.After} backends; {EvenText(samples)}");
        }

        foreach ((string chooser, _) in s_choosers.Skip(1))
            findings.Add($"{chooser}, {compared}: {EvenText(runs[(chooser, compared)])}");
        return findings;
    }

    private static string EvenText(IReadOnlyList<LoadSample> samples) => LongLivedModel.EvenFrom(samples, Even) is { } minute
        ? $"no backend above {Even.ToString(CultureInfo.InvariantCulture)} times the mean from minute {Words.Count(minute)} on"
        : $"a backend above {Even.ToString(CultureInfo.InvariantCulture)} times the mean to the end, {Words.Count(samples[^1].Minute)} minutes";

    private static ScenarioTable ByAge(LongLivedPlan plan, Dictionary<(string Chooser, string Age), IReadOnlyList<LoadSample>> runs) => new(
        $"Fullest backend over the mean · share of the {plan.Before} old backends, {s_choosers[0].Name}",
        ["connections live", .. s_shown.Select(minute => $"{Words.Count(minute)} min")],
        [.. s_ages.Select(age => (IReadOnlyList<string>)[age.Name, .. runs[(s_choosers[0].Name, age.Name)].Where(s => s_shown.Contains(s.Minute)).Select(s => $"{Words.Times(s.MostOverMean)} · {Words.Percent(s.OldShare)}")])]);

    private static ScenarioTable Evened(Dictionary<(string Chooser, string Age), IReadOnlyList<LoadSample>> runs) => new(
        $"The minute from which on no backend has more than {Even.ToString(CultureInfo.InvariantCulture)} times the mean",
        ["connections live", .. s_choosers.Select(chooser => chooser.Name)],
        [.. s_ages.Select(age => (IReadOnlyList<string>)[age.Name, .. s_choosers.Select(c => LongLivedModel.EvenFrom(runs[(c.Name, age.Name)], Even) is { } minute ? Words.Count(minute) : "never")])]);

    private static IEnumerable<(string Name, (string, string) Run)> Ages(string chooser) => s_ages.Select(age => (age.Name, (chooser, age.Name)));

    private static IEnumerable<(string Name, (string, string) Run)> Choosers() =>
        s_choosers.Select(chooser => (chooser.Name, (chooser.Name, s_ages.First(age => age.Minutes == ComparedAge).Name)));

    private static ScenarioChart Chart(
        string title, string unit, Dictionary<(string Chooser, string Age), IReadOnlyList<LoadSample>> runs, IEnumerable<(string Name, (string, string) Run)> series, Func<LoadSample, double> of) => new(
        title,
        "minutes after the growth",
        unit,
        LogX: true,
        LogY: false,
        [.. series.Select(one => new ScenarioSeries(one.Name, [.. runs[one.Run].Where(s => s.Minute > 0).Select(s => new ScenarioPoint(s.Minute, of(s)))]))]);
}
