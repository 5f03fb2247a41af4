using System.Globalization;
using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Formats.Datapaths;
using DatapathKernels.Report.Analysis;
using DatapathKernels.Report.Scenarios;
using Meeting = DatapathKernels.Report.Analysis.Crossover;

namespace DatapathKernels.Bench.Scenarios.Services;

/// <summary>What <see cref="Crossover"/> found, as findings, tables and charts.</summary>
internal static class CrossoverRecord
{
    private const int LeastSizes = 3;

    private static readonly DatapathMode[] Flats = [DatapathMode.Ebpf, DatapathMode.IptablesIndexed];

    private static readonly (string Name, Func<ServiceCost, double> Cost)[] Kinds =
    [
        ("known, even", c => c.Established),
        ("known, Zipf", c => c.EstablishedSkewed),
        ("first, even", c => c.First),
        ("first, Zipf", c => c.FirstSkewed),
        ("first, no Service", c => c.FirstMissing),
    ];

    /// <param name="name">The scenario's.</param>
    /// <param name="costs">By rising endpoints, then Services.</param>
    /// <param name="mostEndpoints">Larger products of Services and endpoints were left out.</param>
    /// <param name="leftOut">Sizes that there was no time for.</param>
    public static ScenarioRecord Of(string name, IReadOnlyList<ServiceCost> costs, int mostEndpoints, IReadOnlyList<(int Services, int Endpoints)> leftOut) => new(
        name,
        "Lines and flats",
        "What does a packet cost in every mode as Services and their endpoints grow, and from which size on does a constant-time mode win?",
        [.. Findings(costs), $"Sizes of more than {Words.Count(mostEndpoints)} endpoints in all were left out", .. LeftOut(leftOut)],
        [Slopes(costs), .. Kinds.Select(kind => Table(costs, kind.Name, kind.Cost))],
        [Chart(costs, "A packet that opens a connection, by Services", c => c.First), Chart(costs, "A packet of a known connection, by Services", c => c.Established)]);

    /// <summary>What one more Service adds to a packet that opens a connection, ns, by least squares; null with fewer than three sizes, through which any noise draws a line.</summary>
    public static double? SlopeOf(IEnumerable<ServiceCost> mode, Func<ServiceCost, double> cost) =>
        Curve(mode, cost).Points is { Count: >= LeastSizes } points ? LinearFit.Of(points)?.Slope : null;

    /// <summary>From how many Services on the first costs more than the second, in words.</summary>
    public static string Above(IEnumerable<ServiceCost> first, IEnumerable<ServiceCost> second)
    {
        Meeting meeting = Meeting.Find(Curve(first, c => c.First), Curve(second, c => c.First));
        return meeting.Kind switch
        {
            CrossoverKind.Crosses => $"from about {Words.About(meeting.X)}",
            CrossoverKind.AlwaysAbove => "at every size",
            CrossoverKind.NeverAbove => "not at these sizes",
            _ => "",
        };
    }

    private static string[] LeftOut(IReadOnlyList<(int Services, int Endpoints)> sizes) =>
        sizes.Count == 0 ? [] : [$"There was no time for {string.Join(", ", sizes.Select(s => $"{Words.Count(s.Services)} x {Words.Count(s.Endpoints)}"))}"];

    private static Series Curve(IEnumerable<ServiceCost> mode, Func<ServiceCost, double> cost) =>
        new("", "", [.. mode.Select(c => new SeriesPoint(c.Services, cost(c), cost(c), cost(c)))]);

    private static IEnumerable<string> Findings(IReadOnlyList<ServiceCost> costs)
    {
        ServiceCost[] fewest = Least(costs);
        foreach (IGrouping<DatapathMode, ServiceCost> mode in fewest.GroupBy(c => c.Mode))
        {
            ServiceCost last = mode.Last();
            string crossings = string.Join(", ", Flats.Where(f => f != mode.Key).Select(f => $"dearer than {f} {Above(mode, fewest.Where(c => c.Mode == f))}"));
            yield return $"{mode.Key}: {Slope(SlopeOf(mode, c => c.First))} ns a Service for a first packet, {Slope(SlopeOf(mode, c => c.FirstMissing))} for one to no Service; "
                + $"{Words.Ns(last.First)} ns at {Words.Count(last.Services)}; {crossings}";
        }
    }

    private static ServiceCost[] Least(IReadOnlyList<ServiceCost> costs) => [.. costs.Where(c => c.Endpoints == costs[0].Endpoints)];

    private static ScenarioTable Slopes(IReadOnlyList<ServiceCost> costs) => new(
        "First packets, by endpoints of a Service: ns a Service more (least squares; noise may make it negative where there is none), and from how many Services on a mode is the dearer one",
        ["mode", "endpoints", "ns a Service", "to no Service", .. Flats.Select(f => $"dearer than {f}")],
        [
            .. costs.GroupBy(c => (c.Endpoints, c.Mode)).Select(g => (IReadOnlyList<string>)
            [
                g.Key.Mode.ToString(), Words.Count(g.Key.Endpoints), Slope(SlopeOf(g, c => c.First)), Slope(SlopeOf(g, c => c.FirstMissing)),
                .. Flats.Select(f => f == g.Key.Mode ? "" : Above(g, costs.Where(c => c.Mode == f && c.Endpoints == g.Key.Endpoints))),
            ]),
        ]);

    private static ScenarioTable Table(IReadOnlyList<ServiceCost> costs, string kind, Func<ServiceCost, double> cost)
    {
        DatapathMode[] modes = [.. costs.Select(c => c.Mode).Distinct()];
        return new(
            $"Median ns/packet: {kind}",
            ["Services x endpoints", .. modes.Select(m => m.ToString())],
            [
                .. costs.GroupBy(c => (c.Services, c.Endpoints)).Select(g => (IReadOnlyList<string>)
                    [$"{Words.Count(g.Key.Services)} x {Words.Count(g.Key.Endpoints)}", .. modes.Select(m => Words.Ns(cost(g.First(c => c.Mode == m))))]),
            ]);
    }

    private static ScenarioChart Chart(IReadOnlyList<ServiceCost> costs, string title, Func<ServiceCost, double> cost) => new(
        $"{title}, {Words.Count(costs[0].Endpoints)} endpoint each",
        "Services",
        "ns/packet",
        LogX: true,
        LogY: true,
        [.. Least(costs).GroupBy(c => c.Mode).Select(m => new ScenarioSeries(m.Key.ToString(), [.. m.Select(c => new ScenarioPoint(c.Services, cost(c)))]))]);

    private static string Slope(double? slope) => slope is not { } known ? "too few sizes for a slope" : Math.Abs(known) < 0.0005 ? "0" : known.ToString("0.###", CultureInfo.InvariantCulture);
}
