using DatapathKernels.Bench.Scenarios.Measuring;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios.Services;

/// <summary>What <see cref="ConnectionShare"/> found, as findings, tables and a chart a size.</summary>
internal static class ConnectionShareRecord
{
    private static readonly double[] Shares = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

    /// <param name="name">The scenario's.</param>
    /// <param name="sizes">By rising number of Services: the cost of every mode.</param>
    /// <param name="about">Whose cluster it is, where it is not the built-in one; null for that.</param>
    public static ScenarioRecord Of(string name, IReadOnlyList<(int Services, IReadOnlyList<ModeCost> Modes)> sizes, string? about = null) => new(
        name,
        "The share of new connections",
        "At which share of packets that open a connection does one mode become cheaper than another?",
        [.. about is null ? (string[])[] : [about], .. sizes.SelectMany(size => Findings(size.Services, size.Modes))],
        [Costs(sizes), .. sizes.Select(size => Crossings(size.Services, size.Modes))],
        [.. sizes.Select(size => Chart(size.Services, size.Modes))]);

    /// <summary>The cheapest mode from each share on, by rising share; the first holds from 0.</summary>
    public static IReadOnlyList<(double From, ModeCost Mode)> Cheapest(IReadOnlyList<ModeCost> modes)
    {
        double[] places =
        [
            0, .. modes.SelectMany((one, i) => modes.Skip(i + 1).Select(other => ModeCost.EqualShare(one, other))).OfType<double>().Distinct().Order(), 1,
        ];
        List<(double From, ModeCost Mode)> cheapest = [];
        for (int i = 0; i + 1 < places.Length; i++)
        {
            // Between two crossings nothing changes: the middle speaks for all.
            double middle = (places[i] + places[i + 1]) / 2;
            ModeCost best = modes.MinBy(m => m.At(middle));
            if (cheapest.Count == 0 || cheapest[^1].Mode != best)
                cheapest.Add((places[i], best));
        }

        return cheapest;
    }

    private static IEnumerable<string> Findings(int services, IReadOnlyList<ModeCost> modes)
    {
        IReadOnlyList<(double From, ModeCost Mode)> cheapest = Cheapest(modes);
        yield return $"At {Words.Count(services)} Services {cheapest[0].Mode.Mode} is the cheapest at few new connections ({Words.Ns(cheapest[0].Mode.Established)} ns a known packet)"
            + string.Concat(cheapest.Skip(1).Select(c => $", {c.Mode.Mode} from {Words.Percent(c.From)} of the packets on"))
            + $"; a packet that opens one costs {Words.Ns(modes.Min(m => m.First))} ns ({modes.MinBy(m => m.First).Mode}) to {Words.Ns(modes.Max(m => m.First))} ns ({modes.MaxBy(m => m.First).Mode})";
    }

    private static ScenarioTable Costs(IReadOnlyList<(int Services, IReadOnlyList<ModeCost> Modes)> sizes) => new(
        "Median ns/packet: of a known connection / that opens one",
        ["Services", .. sizes[0].Modes.Select(m => m.Mode.ToString())],
        [.. sizes.Select(s => (IReadOnlyList<string>)[Words.Count(s.Services), .. s.Modes.Select(m => $"{Words.Ns(m.Established)} / {Words.Ns(m.First)}")])]);

    private static ScenarioTable Crossings(int services, IReadOnlyList<ModeCost> modes) => new(
        $"Share of packets that open a connection at which the row's mode and the column's cost the same, {Words.Count(services)} Services; otherwise which is the cheaper at every share",
        ["mode", .. modes.Select(m => m.Mode.ToString())],
        [.. modes.Select(row => (IReadOnlyList<string>)[row.Mode.ToString(), .. modes.Select(column => Cell(row, column))])]);

    private static string Cell(ModeCost row, ModeCost column) => row == column ? ""
        : ModeCost.EqualShare(row, column) is { } share ? Words.Percent(share)
        : row.At(0.5) < column.At(0.5) ? "row" : "column";

    private static ScenarioChart Chart(int services, IReadOnlyList<ModeCost> modes) => new(
        $"The mean packet by the share that opens connections, {Words.Count(services)} Services",
        "% of packets that open a connection",
        "ns/packet",
        LogX: true,
        LogY: true,
        [.. modes.Select(m => new ScenarioSeries(m.Mode.ToString(), [.. Shares.Select(s => new ScenarioPoint(100 * s, m.At(s)))]))]);
}
