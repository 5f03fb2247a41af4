using System.Globalization;
using System.Text;
using DatapathKernels.Report.Analysis;
using DatapathKernels.Report.Charts;
using DatapathKernels.Report.Records;
using DatapathKernels.Report.Rendering;

namespace DatapathKernels.Report.Readme;

/// <summary>
/// The generated blocks of <c>results/README.md</c>: the runs, their environment, one table, chart and reading a suite, the scenarios, and
/// where we lose. Each suite and scenario is shown from the newest run of its machine that measured it; machines are never mixed.
/// </summary>
internal static class ResultsGenerator
{
    private const string Folder = "results", Charts = "charts";

    /// <summary>The files as they must be: full path to text. None when the page is not there.</summary>
    /// <exception cref="RecordFormatException">The page's markers or a result's records are not in order.</exception>
    public static IReadOnlyDictionary<string, string> Generate(string root)
    {
        string results = Path.Combine(root, Folder), page = Path.Combine(results, "README.md");
        Dictionary<string, string> files = [];
        if (!File.Exists(page))
            return files;
        IReadOnlyList<PublishedResult> runs = PublishedResult.All(root);
        IReadOnlyDictionary<string, string> readings = ReadingFile.Read(Path.Combine(results, "READING.md"));
        StringBuilder environments = new(), comparison = new(), losses = new();
        foreach (IGrouping<string, PublishedResult> machine in runs.GroupBy(r => r.Machine))
        {
            IReadOnlyList<PublishedSuite> suites = PublishedSuite.Newest(machine);
            Environment(environments, machine.MaxBy(r => r.Utc)!);
            comparison.Append("## On ").Append(new Prose().Code(machine.Key).ToMarkdown()).Append("\n\n");
            foreach (PublishedSuite suite in suites)
                Suite(comparison, suite, results, readings, files);
            foreach (PublishedScenario scenario in PublishedScenario.Newest(machine))
                scenario.Write(comparison, results, $"{Charts}/{machine.Key}", readings, files);
            Losses(losses, machine.Key, suites);
        }

        Dictionary<string, string> blocks = new()
        {
            ["runs"] = runs.Count > 0 ? Runs(runs, results) : ReadmeGenerator.NothingYet,
            ["environment"] = OrNothing(environments),
            ["comparison"] = OrNothing(comparison),
            ["losses"] = OrNothing(losses),
        };
        files[page] = ReadmeBlocks.Replace(File.ReadAllText(page), page, blocks);
        return files;
    }

    private static string OrNothing(StringBuilder text) => text.Length > 0 ? text.ToString() : ReadmeGenerator.NothingYet;

    private static string Link(PublishedResult run, string results) => Path.GetRelativePath(results, run.Folder).Replace('\\', '/');

    private static string Runs(IReadOnlyList<PublishedResult> runs, string results)
    {
        StringBuilder text = new("| run | machine | commit | cases | profile |\n| --- | --- | --- | ---: | --- |\n");
        foreach (PublishedResult run in runs)
        {
            string date = run.Utc.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            string profile = Prose.Of(run.Environment()["profile"] ?? "not recorded").ToMarkdown();
            text.Append(CultureInfo.InvariantCulture, $"| [{date}]({Link(run, results)}/report.md) | `{run.Machine}` | `{Numbers.Commit(run.Commit)}` | {run.Records().Count} | {profile} |\n");
        }

        return text.ToString();
    }

    private static void Environment(StringBuilder text, PublishedResult newest)
    {
        text.Append("The newest run on ").Append(new Prose().Code(newest.Machine).ToMarkdown()).Append(":\n\n| | |\n| --- | --- |\n");
        foreach ((string name, string value) in newest.Environment().Facts)
            text.Append("| ").Append(Prose.Of(name).ToMarkdown()).Append(" | ").Append(new Prose().Code(value).ToMarkdown()).Append(" |\n");
        text.Append('\n');
    }

    private static void Suite(StringBuilder text, PublishedSuite suite, string results, IReadOnlyDictionary<string, string> readings, Dictionary<string, string> files)
    {
        SuiteView view = suite.View;
        SuitePanel panel = view.Shown;
        ReportChart chart = ChartBuilder.Of(view, panel, panel == view.Panels[0] ? LookupAnswer.Of(view) : null);
        string name = $"{Charts}/{suite.Run.Machine}/{view.Name}.svg", report = $"{Link(suite.Run, results)}/report.md";
        files[Path.Combine(results, Charts, suite.Run.Machine, $"{view.Name}.svg")] = chart.Draw(ChartSize.Wide, view.Name, true);
        text.Append("### ").Append(Prose.Of(view.Text.Title).ToMarkdown()).Append("\n\n");
        if (view.Text.Question.Length > 0)
            text.Append(Prose.Of(view.Text.Question).ToMarkdown()).Append("\n\n");
        text.Append(CultureInfo.InvariantCulture, $"[![{chart.Caption.ToMarkdown()}]({name})]({report})\n\n");
        foreach (ReportTable table in TableBuilder.All(view, panel))
            text.Append(Prose.Of(table.Caption).ToMarkdown()).Append(":\n\n").Append(MarkdownWriter.Table(table)).Append('\n');
        if (readings.TryGetValue(view.Name, out string? reading))
            text.Append(reading).Append("\n\n");
        Source(text, suite, report);
    }

    private static void Source(StringBuilder text, PublishedSuite suite, string report)
    {
        BenchmarkRecord any = suite.View.Cases().First();
        string others = suite.View.Panels.Count > 1
            ? $" That report also shows {string.Join("; ", suite.View.Panels.Where(p => p != suite.View.Shown).Take(8).Select(p => Prose.Of(p.Fixed.ToString()).ToMarkdown()))}{(suite.View.Panels.Count > 9 ? "; and more" : "")}."
            : "";
        text.Append(CultureInfo.InvariantCulture, $"From [the run of {any.Utc:yyyy-MM-dd HH:mm} UTC]({report}), commit `{Numbers.Commit(any.Commit)}`.{others}\n\n");
    }

    private static void Losses(StringBuilder text, string machine, IReadOnlyList<PublishedSuite> suites)
    {
        text.Append("On ").Append(new Prose().Code(machine).ToMarkdown()).Append(":\n\n");
        (BenchmarkRecord Own, BenchmarkRecord Rival)[] losses = [.. suites.SelectMany(s => RivalLosses.Of(s.View))];
        foreach ((BenchmarkRecord own, BenchmarkRecord rival) in losses)
        {
            text.Append("- ").Append(new Prose().Code(ReportBuilder.CaseName(own)).Text($": {Numbers.Time(own.Median)} ns, ").Code(rival.Benchmark)
                .Text($" {Numbers.Time(rival.Median)} ns: {Numbers.Times(own.Median / rival.Median)} times as much")
                .Text(own.Min <= rival.Max ? " (their spreads overlap)." : ".").ToMarkdown()).Append('\n');
        }

        if (losses.Length == 0)
            text.Append("- In no case measured is a rival faster.\n");
        text.Append('\n');
    }
}
