using DatapathKernels.Report.Analysis;
using DatapathKernels.Report.Charts;
using DatapathKernels.Report.Rendering;

namespace DatapathKernels.Report.Readme;

/// <summary>The generated blocks of the README and the chart it shows, from the newest published result; and those of <c>results/README.md</c>.</summary>
internal static class ReadmeGenerator
{
    /// <summary>The command that brings them up to date.</summary>
    public const string Command = "dotnet run --project bench/DatapathKernels.Report -- readme";

    /// <summary>The chart's file, beside the records it was drawn from.</summary>
    public const string ChartName = "service-lookup.svg";

    internal const string NothingYet = "_No result is published yet: `./run-bench.sh --full` measures, this block then quotes it._";

    /// <summary>The files as they must be: full path to text.</summary>
    /// <exception cref="RecordFormatException">The README's markers or a result's records are not in order.</exception>
    public static IReadOnlyDictionary<string, string> Generate(string root)
    {
        string readme = Path.Combine(root, "README.md");
        Dictionary<string, string> files = [];
        Dictionary<string, string> blocks = new() { ["headline"] = NothingYet, ["chart"] = NothingYet, ["table"] = NothingYet };
        if (PublishedResult.Newest(root) is { } result)
        {
            string folder = Path.GetRelativePath(root, result.Folder).Replace('\\', '/');
            SuiteView suite = result.Quoted()!;
            LookupAnswer answer = LookupAnswer.Of(suite)!;
            LineChart chart = Chart(suite, answer);
            files[Path.Combine(result.Folder, ChartName)] = chart.Draw(ChartSize.Wide, "service-lookup", standalone: true);
            blocks["headline"] = string.Join(' ', HeadlineText.Of(answer).Select(p => p.ToMarkdown()));
            blocks["chart"] = $"[![{Prose.Of(chart.Description).ToMarkdown()}]({folder}/{ChartName})]({folder}/report.md)";
            blocks["table"] = Table(suite) + $"\nMeasured on `{Path.GetFileName(Path.GetDirectoryName(result.Folder))}`: [the whole report]({folder}/report.md), [its records]({folder}/records.json).";
        }

        files[readme] = ReadmeBlocks.Replace(File.ReadAllText(readme), readme, blocks);
        foreach ((string file, string text) in ResultsGenerator.Generate(root))
            files[file] = text;
        return files;
    }

    private static LineChart Chart(SuiteView suite, LookupAnswer answer)
    {
        SuitePanel panel = suite.Panels[0];
        Series[] curves = [.. panel.Benchmarks.Select(panel.SeriesOf).Where(s => s.Points.Count > 0)];
        return ChartBuilder.Line(suite, panel, curves, answer);
    }

    private static string Table(SuiteView suite)
    {
        ReportTable table = TableBuilder.Of(suite, suite.Panels[0]);
        return $"{Prose.Of(table.Caption).ToMarkdown()}:\n\n{MarkdownWriter.Table(table)}";
    }
}
