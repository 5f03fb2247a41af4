using DatapathKernels.Report.Analysis;
using DatapathKernels.Report.Charts;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Report.Rendering;

/// <summary>From what a scenario found to its section of the report.</summary>
internal static class ScenarioSections
{
    // A curve drawn through hundreds of points would be all marks.
    private const int MostTicks = 24;

    /// <summary>The section: findings as a list, then the charts, then all tables.</summary>
    public static ReportSection Of(ScenarioRecord scenario)
    {
        ReportTable[] tables = [.. scenario.Tables.Select(TableOf)];
        int before = Math.Max(0, scenario.Charts.Count - 1);
        return new ReportSection(
            scenario.Name,
            scenario.Title,
            scenario.Question,
            [.. scenario.Findings.Select(Prose.Of)],
            [.. scenario.Charts.Select(c => new ReportChart(Prose.Of($"{c.Title}."), Line(c).Draw))],
            [.. Enumerable.Repeat<IReadOnlyList<ReportTable>>([], before), tables],
            ListFindings: true);
    }

    /// <summary>The first finding of each, for a run without benchmarks.</summary>
    public static IReadOnlyList<Prose> Headline(IReadOnlyList<ScenarioRecord> scenarios) =>
        [.. scenarios.Select(s => new Prose().Bold(s.Title).Text($": {(s.Findings.Count > 0 ? s.Findings[0] : s.Question)}"))];

    /// <summary>The table with its cells as plain text.</summary>
    public static ReportTable TableOf(ScenarioTable table) => new(
        table.Title,
        [.. table.Columns.Select(Prose.Of)],
        [.. table.Rows.Select(r => (IReadOnlyList<Prose>)[.. r.Select(Prose.Of)])]);

    /// <summary>The chart as curves.</summary>
    public static LineChart Line(ScenarioChart chart) => new()
    {
        Title = chart.Title,
        Description = string.Join(' ', chart.Series.Select(Describe)),
        AxisTitle = chart.XTitle,
        Unit = chart.YTitle,
        Series = [.. chart.Series.Select(s => new Series(s.Name, s.Name, [.. s.Points.Select(p => new SeriesPoint(p.X, p.Y, p.Y, p.Y))]))],
        LogAxes = (chart.LogX, chart.LogY),
        EndUnit = "",
        Marks = [.. (chart.Marks ?? []).Select(m => (m.X, m.Label))],
        RoundTicks = chart.Series.SelectMany(s => s.Points).Select(p => p.X).Distinct().Count() > MostTicks,
    };

    private static string Describe(ScenarioSeries series)
    {
        ScenarioPoint first = series.Points[0], last = series.Points[^1];
        return $"{series.Name}: {Numbers.Time(first.Y)} at {Numbers.Count(first.X)}, {Numbers.Time(last.Y)} at {Numbers.Count(last.X)}.";
    }
}
