using DatapathKernels.Report.Analysis;
using DatapathKernels.Report.Records;

namespace DatapathKernels.Report.Rendering;

/// <summary>Tables of a panel: rows by parameter, columns by benchmark, each median with its spread and its ratio to the baseline.</summary>
internal static class TableBuilder
{
    private static readonly (string Name, Func<BenchmarkRecord, double?> Value)[] Percentiles =
        [("p50", r => r.P50), ("p99", r => r.P99), ("p99.9", r => r.P999), ("p99.99", r => r.P9999)];

    /// <summary>The medians, and the percentiles where there are any.</summary>
    public static IReadOnlyList<ReportTable> All(SuiteView suite, SuitePanel panel) =>
        Latencies(panel) is { } latencies ? [Of(suite, panel), latencies] : [Of(suite, panel)];

    public static ReportTable Of(SuiteView suite, SuitePanel panel)
    {
        List<Prose> header = [panel.Parameter is { } name ? new Prose().Code(name) : Prose.Of("")];
        foreach (string benchmark in panel.Benchmarks)
            header.Add(new Prose().Code(benchmark));
        string caption = panel.Fixed.Count == 0 ? $"Median {panel.Unit} (min–max)" : $"{panel.Fixed}: median {panel.Unit} (min–max)";
        if (panel.Benchmarks.Count > 1 && panel.Benchmarks[0] == suite.Baseline)
            caption += $", and how many times less or more than {suite.Baseline}";
        return new ReportTable(caption, header, [.. panel.Rows.Select(row => Row(suite, panel, row))]);
    }

    /// <summary>One row a case that has percentiles, one column a percentile; null without such a case.</summary>
    private static ReportTable? Latencies(SuitePanel panel)
    {
        List<IReadOnlyList<Prose>> rows = [];
        foreach (ParameterValue? row in panel.Rows)
        {
            foreach (BenchmarkRecord measured in panel.Benchmarks.Select(b => panel[row, b]).OfType<BenchmarkRecord>().Where(r => r.Percentiles().Any()))
            {
                Prose name = new Prose().Code(measured.Benchmark).Text(row is null ? "" : $", {panel.Parameter} {Name(row)}");
                rows.Add([name, .. Percentiles.Select(p => Prose.Of(p.Value(measured) is { } value ? Numbers.Time(value) : "not measured"))]);
            }
        }

        string caption = panel.Fixed.Count == 0 ? $"Percentiles, {panel.Unit}" : $"{panel.Fixed}: percentiles, {panel.Unit}";
        return rows.Count == 0 ? null : new ReportTable(caption, [Prose.Of(""), .. Percentiles.Select(p => Prose.Of(p.Name))], rows);
    }

    private static List<Prose> Row(SuiteView suite, SuitePanel panel, ParameterValue? row)
    {
        List<Prose> cells = [Prose.Of(Name(row))];
        foreach (string benchmark in panel.Benchmarks)
            cells.Add(panel[row, benchmark] is { } measured ? Cell(measured, panel[row, suite.Baseline]) : Prose.Of("not measured"));
        return cells;
    }

    private static Prose Cell(BenchmarkRecord measured, BenchmarkRecord? baseline)
    {
        Prose cell = new Prose().Bold(Numbers.Time(measured.Median)).Text($" ({Numbers.Time(measured.Min)}–{Numbers.Time(measured.Max)})");
        if (baseline is null || ReferenceEquals(measured, baseline) || measured.Median == 0 || baseline.Median == 0)
            return cell;
        return measured.Median <= baseline.Median
            ? cell.Text($", {Numbers.Times(baseline.Median / measured.Median)}× less")
            : cell.Text($", {Numbers.Times(measured.Median / baseline.Median)}× more");
    }

    private static string Name(ParameterValue? row) => row switch
    {
        null => "all",
        { Number: { } number } => Numbers.Count(number),
        { } text => text.ToString(),
    };
}
