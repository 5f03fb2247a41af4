using System.Globalization;
using DatapathKernels.Report.Analysis;
using DatapathKernels.Report.Explorer;
using DatapathKernels.Report.Records;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Report.Rendering;

/// <summary>From records and environment to the document.</summary>
internal static class ReportBuilder
{
    public static ReportDocument Build(IReadOnlyList<BenchmarkRecord> records, IReadOnlyList<ScenarioRecord> scenarios, ReportEnvironment environment)
    {
        IReadOnlyList<SuiteView> suites = SuiteView.All(records);
        LookupAnswer? answer = suites.Select(LookupAnswer.Of).FirstOrDefault(a => a is not null);
        return new ReportDocument
        {
            Title = $"DatapathKernels on {(records.Count > 0 ? records[0].Machine : environment["machine"] ?? "a machine not recorded")}",
            Origin = records.Count > 0 ? Origin(records[0]) : Origin(environment),
            Headline = answer is not null ? HeadlineText.Of(answer) : suites.Count > 0 ? [.. suites.Select(Extremes)] : ScenarioSections.Headline(scenarios),
            Sections = [.. suites.Select(Section), .. scenarios.Select(ScenarioSections.Of)],
            Losses = records.Count > 0 ? [.. Losses(suites), Allocations(records)] : [],
            Notes = [.. environment.Notes.Select(Prose.Of)],
            Reading = Reading(records),
            Environment = [.. environment.Facts],
            HasCases = records.Count > 0,
            Data = ExplorerData.Write(suites),
        };
    }

    private static Prose Origin(BenchmarkRecord record) => new Prose()
        .Text("Measured on ").Code(record.Machine)
        .Text($" at {record.Utc.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)}, commit ").Code(Numbers.Commit(record.Commit)).Text(".");

    private static Prose Origin(ReportEnvironment environment) => new Prose()
        .Text("Measured on ").Code(environment["machine"] ?? "unknown").Text($" at {environment["date"] ?? "an unknown time"}, commit ")
        .Code(Numbers.Commit(environment["commit"] ?? "unknown")).Text(".");

    private static Prose Extremes(SuiteView suite)
    {
        BenchmarkRecord[] cases = [.. suite.Cases().OrderBy(r => r.Median)];
        return new Prose().Bold(suite.Text.Title).Text(": from ").Bold($"{Numbers.Time(cases[0].Median)} ns").Text(" (").Code(CaseName(cases[0]))
            .Text(") to ").Bold($"{Numbers.Time(cases[^1].Median)} ns").Text(" (").Code(CaseName(cases[^1])).Text($"), median {cases[0].Unit}.");
    }

    private static ReportSection Section(SuiteView suite)
    {
        LookupAnswer? answer = LookupAnswer.Of(suite);
        return new ReportSection(
            suite.Name,
            suite.Text.Title,
            suite.Text.Question,
            [.. answer is null ? [Extremes(suite)] : Array.Empty<Prose>(), .. suite.Text.Remark is { Length: > 0 } remark ? [Prose.Of(remark)] : Array.Empty<Prose>()],
            [.. suite.Panels.Select((panel, i) => ChartBuilder.Of(suite, panel, i == 0 ? answer : null))],
            [.. suite.Panels.Select(panel => TableBuilder.All(suite, panel))]);
    }

    /// <summary>Every case that costs more than what does the same work and stands first there: the report does not hide them in a table.</summary>
    private static List<Prose> Losses(IReadOnlyList<SuiteView> suites)
    {
        List<Prose> losses =
        [
            .. from suite in suites
               from panel in suite.Panels
               from row in panel.Rows
               from lost in Losses(panel, row, suite)
               select lost,
        ];
        if (losses.Count == 0)
            losses.Add(Prose.Of("No case of this run costs more than the baseline it is held against."));
        return losses;
    }

    private static IEnumerable<Prose> Losses(SuitePanel panel, ParameterValue? row, SuiteView suite)
    {
        foreach (IReadOnlyList<string> group in suite.Text.Like ?? [[suite.Baseline, .. panel.Benchmarks.Where(b => b != suite.Baseline)]])
        {
            if (panel[row, group[0]] is not { Median: > 0 } baseline)
                continue;
            foreach (BenchmarkRecord dearer in group.Skip(1).Select(b => panel[row, b]).OfType<BenchmarkRecord>().Where(r => r.Median > baseline.Median))
            {
                yield return new Prose().Code(CaseName(dearer))
                    .Text($" costs {Numbers.Time(dearer.Median)} ns, {Numbers.Times(dearer.Median / baseline.Median)} times its baseline ").Code(group[0])
                    .Text(dearer.Min <= baseline.Max ? " (their spreads overlap)." : ".");
            }
        }
    }

    private static Prose Allocations(IReadOnlyList<BenchmarkRecord> records)
    {
        BenchmarkRecord[] allocating = [.. records.Where(r => r.AllocatedBytesPerOperation >= 0.5)];
        if (allocating.Length == 0)
            return Prose.Of("No case allocates managed memory.");
        Prose prose = Prose.Of("These allocate managed memory: ");
        for (int i = 0; i < allocating.Length; i++)
            prose.Text(i == 0 ? "" : ", ").Code(CaseName(allocating[i])).Text($" {Numbers.Time(allocating[i].AllocatedBytesPerOperation)} B");
        return prose.Text(".");
    }

    private static IReadOnlyList<Prose> Reading(IReadOnlyList<BenchmarkRecord> records)
    {
        if (records.Count == 0)
            return [Prose.Of("Compare within this run. Another machine, another day or another system's published figure is another measurement.")];
        BenchmarkRecord widest = records.Where(r => r.Median > 0).DefaultIfEmpty(records[0]).MaxBy(r => (r.Max - r.Min) / r.Median)!;
        return
        [
            Prose.Of("The median is the number to quote; the fastest and the slowest iteration stand beside it, none thrown away."),
            new Prose().Text("The widest spread of this run is ").Code(CaseName(widest))
                .Text($": {Numbers.Time(widest.Min)} to {Numbers.Time(widest.Max)} ns around {Numbers.Time(widest.Median)} ns. Differences smaller than a case's spread say nothing."),
            Prose.Of("Compare within this run. Another machine, another day or another system's published figure is another measurement."),
            Prose.Of("These are processing times without a network card, socket or interrupt. Only the first packet of a connection is looked up; the others find their connection."),
        ];
    }

    /// <summary>A case in one line: <c>FlowMapBench.Lookup Entries=1024, Hits=0</c>.</summary>
    public static string CaseName(BenchmarkRecord record) =>
        record.Parameters.Count == 0 ? $"{record.Suite}.{record.Benchmark}" : $"{record.Suite}.{record.Benchmark} {record.Parameters}";
}
