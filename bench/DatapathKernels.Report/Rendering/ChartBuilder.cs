using DatapathKernels.Report.Analysis;
using DatapathKernels.Report.Charts;
using DatapathKernels.Report.Records;

namespace DatapathKernels.Report.Rendering;

/// <summary>Charts of a panel: curves when a numeric parameter has several values, bars otherwise.</summary>
internal static class ChartBuilder
{
    public static ReportChart Of(SuiteView suite, SuitePanel panel, LookupAnswer? answer)
    {
        Series[] curves = [.. panel.Benchmarks.Select(panel.SeriesOf).Where(s => s.Points.Count > 0)];
        return curves.Any(c => c.Points.Count > 1) ? Curves(suite, panel, curves, answer) : Bars(suite, panel);
    }

    /// <summary>The curves of a suite that holds O(N) against O(1).</summary>
    public static LineChart Line(SuiteView suite, SuitePanel panel, IReadOnlyList<Series> curves, LookupAnswer? answer) => new()
    {
        Title = Name(suite, panel),
        Description = string.Join(' ', curves.Select(Describe)) + (answer is null ? "" : " " + HeadlineText.CrossoverOf(answer)),
        AxisTitle = suite.Text.AxisTitle ?? panel.Parameter!,
        Unit = panel.Unit,
        Series = curves,
        Crossover = answer?.Crossover ?? default,
        ForceLog = answer is not null,
    };

    private static ReportChart Curves(SuiteView suite, SuitePanel panel, Series[] curves, LookupAnswer? answer)
    {
        LineChart chart = Line(suite, panel, curves, answer);
        string marks = "Marks are medians, strokes go from the fastest to the slowest iteration.";
        Prose caption = Prose.Of(answer is null ? $"{chart.Title}. {marks}" : $"{chart.Title}. {marks} {HeadlineText.CrossoverOf(answer)}");
        return new ReportChart(caption, chart.Draw);
    }

    private static ReportChart Bars(SuiteView suite, SuitePanel panel)
    {
        List<Bar> bars = [];
        foreach (ParameterValue? row in panel.Rows)
        {
            for (int i = 0; i < panel.Benchmarks.Count; i++)
            {
                if (panel[row, panel.Benchmarks[i]] is not { } measured)
                    continue;
                string label = SuiteText.LabelOf(measured.Benchmark);
                bars.Add(new Bar(panel.Rows.Count > 1 ? $"{label}, {row}" : label, i, measured.Median, measured.Min, measured.Max));
            }
        }

        string title = Name(suite, panel);
        BarChart chart = new()
        {
            Title = title,
            Description = string.Join(' ', bars.Select(b => $"{b.Name}: {Numbers.Time(b.Median)} ns.")),
            Unit = panel.Unit,
            Bars = bars,
        };
        return new ReportChart(Prose.Of($"{title}. Bars are medians, strokes go from the fastest to the slowest iteration."), chart.Draw);
    }

    private static string Name(SuiteView suite, SuitePanel panel) =>
        panel.Fixed.Count == 0 ? $"{suite.Text.Title}, {panel.Unit}" : $"{suite.Text.Title}, {panel.Unit}, {panel.Fixed}";

    private static string Describe(Series curve)
    {
        SeriesPoint first = curve.Points[0], last = curve.Points[^1];
        return $"{curve.Label}: {Numbers.Time(first.Median)} ns at {Numbers.Count(first.X)}, {Numbers.Time(last.Median)} ns at {Numbers.Count(last.X)}.";
    }
}
