using System.Globalization;
using System.Text;
using DatapathKernels.Report.Charts;
using DatapathKernels.Report.Rendering;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Report.Readme;

/// <summary>A scenario as one published run answered it.</summary>
internal sealed record PublishedScenario(PublishedResult Run, ScenarioRecord Record)
{
    /// <summary>Every scenario of a machine's runs, each from the newest run that has it, by the order of that run.</summary>
    public static IReadOnlyList<PublishedScenario> Newest(IEnumerable<PublishedResult> runs) =>
    [
        .. runs.OrderByDescending(r => r.Utc).SelectMany(r => r.Scenarios().Select(s => new PublishedScenario(r, s))).DistinctBy(s => s.Record.Name),
    ];

    /// <summary>Writes its part of <c>results/README.md</c>, and its charts into <paramref name="files"/>.</summary>
    /// <param name="text">The page.</param>
    /// <param name="results">The folder of the page.</param>
    /// <param name="charts">The folder of the charts, from there.</param>
    /// <param name="readings">By scenario.</param>
    /// <param name="files">Full path to text.</param>
    public void Write(StringBuilder text, string results, string charts, IReadOnlyDictionary<string, string> readings, Dictionary<string, string> files)
    {
        string report = $"{Path.GetRelativePath(results, Run.Folder).Replace('\\', '/')}/report.md";
        text.Append("### ").Append(Prose.Of(Record.Title).ToMarkdown()).Append("\n\n").Append(Prose.Of(Record.Question).ToMarkdown()).Append("\n\n");
        foreach (string finding in Record.Findings)
            text.Append("- ").Append(Prose.Of(finding).ToMarkdown()).Append('\n');
        text.Append('\n');
        for (int i = 0; i < Record.Charts.Count; i++)
        {
            string name = $"{charts}/{Record.Name}{(i == 0 ? "" : $"-{i + 1}")}.svg";
            files[Path.Combine(results, name)] = ScenarioSections.Line(Record.Charts[i]).Draw(ChartSize.Wide, $"{Record.Name}-{i}", standalone: true);
            text.Append(CultureInfo.InvariantCulture, $"[![{Prose.Of(Record.Charts[i].Title).ToMarkdown()}]({name})]({report})\n\n");
        }

        foreach (ScenarioTable table in Record.Tables)
            text.Append(Prose.Of(table.Title).ToMarkdown()).Append(":\n\n").Append(MarkdownWriter.Table(ScenarioSections.TableOf(table))).Append('\n');
        if (readings.TryGetValue(Record.Name, out string? reading))
            text.Append(reading).Append("\n\n");
        text.Append(CultureInfo.InvariantCulture, $"From [the run of {Run.Utc:yyyy-MM-dd HH:mm} UTC]({report}), commit `{Numbers.Commit(Run.Commit)}`.\n\n");
    }
}
