using DatapathKernels.Report;
using DatapathKernels.Report.Readme;
using DatapathKernels.Report.Records;
using DatapathKernels.Report.Scenarios;
using DatapathKernels.Tests.Infrastructure;
using Xunit;

namespace DatapathKernels.Tests.Report;

public sealed class PublishedResultsTests : IDisposable
{
    private const string Blocks =
        "# T\n<!-- generated: headline (c) -->\nold\n<!-- end generated -->\ntext\n<!-- generated: chart (c) -->\n<!-- end generated -->\n<!-- generated: table (c) -->\n<!-- end generated -->\n";

    private readonly string _root = Directory.CreateTempSubdirectory("datapath-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void The_generated_blocks_of_the_readme_are_up_to_date()
    {
        foreach ((string file, string text) in ReadmeGenerator.Generate(Solution.Root))
            Assert.True(File.Exists(file) && File.ReadAllText(file) == text, $"{file} is stale; run: {ReadmeGenerator.Command}");
    }

    [Fact]
    public void Every_published_report_is_what_its_records_render_to()
    {
        foreach (PublishedResult result in PublishedResult.All(Solution.Root))
        {
            (string markdown, string html) = ReportRenderer.Render(result.Folder);
            Assert.True(markdown == File.ReadAllText(Path.Combine(result.Folder, ReportRenderer.MarkdownName)), $"{result.Folder}: report.md was edited or is old; render it again");
            Assert.True(html == File.ReadAllText(Path.Combine(result.Folder, ReportRenderer.HtmlName)), $"{result.Folder}: report.html was edited or is old; render it again");
        }
    }

    [Fact]
    public void Without_results_the_blocks_say_so()
    {
        string readme = Generate();

        Assert.StartsWith("# T\n<!-- generated: headline (c) -->\n\n_No result is published yet", readme, StringComparison.Ordinal);
        Assert.DoesNotContain("old", readme, StringComparison.Ordinal);
    }

    [Fact]
    public void The_newest_complete_result_is_quoted_and_a_second_time_changes_nothing()
    {
        Publish("2026-01-01", Samples.Crossing());
        Publish("2026-01-02", [Samples.Lookup("Dictionary", 10, 4) with { Utc = new DateTime(2027, 1, 1, 0, 0, 0, DateTimeKind.Utc) }]);

        string readme = Generate();

        Assert.Contains("With **1,000 Services**", readme, StringComparison.Ordinal);
        Assert.Contains("(results/m/2026-01-01/service-lookup.svg)](results/m/2026-01-01/report.md)", readme, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_root, "README.md"), readme);
        Assert.Equal(readme, ReadmeGenerator.Generate(_root)[Path.Combine(_root, "README.md")]);
    }

    [Fact]
    public void The_results_page_shows_each_suite_from_the_newest_run_that_measured_it_with_its_reading()
    {
        string page = ResultsPage();
        Publish("2026-01-01", [.. Samples.Crossing(), MapLookup("Lookup", 12), MapLookup("Dictionary", 8)]);
        Publish("2026-01-02", [Samples.Lookup("Dictionary", 10, 4) with { Utc = new DateTime(2027, 1, 1, 0, 0, 0, DateTimeKind.Utc) }]);
        File.WriteAllText(Path.Combine(_root, "results", "READING.md"), "# T\n\n## FlowMapBench\n\nWaits\nfor memory.\n\n## Other\n");

        IReadOnlyDictionary<string, string> files = ResultsGenerator.Generate(_root);

        string text = files[page];
        Assert.Contains("| [2026-01-02 03:04](m/2026-01-01/report.md) | `m` | `0123456789ab` | 8 |", text, StringComparison.Ordinal);
        Assert.Contains("\n| 10 | **4.00** (3.60–4.40) |\n\nFrom [the run of 2027-01-01 00:00 UTC](m/2026-01-02/report.md)", text, StringComparison.Ordinal);
        Assert.Contains("\n\nWaits\nfor memory.\n\nFrom [the run of 2026-01-02 03:04 UTC](m/2026-01-01/report.md)", text, StringComparison.Ordinal);
        Assert.Contains("- `FlowMapBench.Lookup Entries=1024, Hits=100`: 12.0 ns, `Dictionary` 8.00 ns: 1.5 times as much.\n", text, StringComparison.Ordinal);
        Assert.Contains("| cpu | `test` |", text, StringComparison.Ordinal);
        Assert.StartsWith("<svg", files[Path.Combine(_root, "results", "charts", "m", "FlowMapBench.svg")], StringComparison.Ordinal);
        File.WriteAllText(page, text);
        Assert.Equal(text, ResultsGenerator.Generate(_root)[page]);
    }

    [Fact]
    public void The_results_page_shows_each_scenario_from_the_newest_run_that_has_it_with_its_reading()
    {
        string page = ResultsPage();
        Publish("2026-01-01", Samples.Crossing());
        ScenarioFile.Write(Path.Combine(_root, "results", "m", "2026-01-01"), [Samples.Scenario("A"), Samples.Scenario("B")]);
        string alone = Path.Combine(_root, "results", "m", "2026-01-03");
        ScenarioFile.Write(alone, [Samples.Scenario("B") with { Findings = ["5 is odd"] }]);
        File.WriteAllText(Path.Combine(alone, ReportRenderer.EnvironmentName), "date: 2026-01-03 00:00:00 UTC\ncommit: abc\n");
        File.WriteAllText(Path.Combine(_root, "results", "READING.md"), "## A\n\nOdd and even.\n");

        IReadOnlyDictionary<string, string> files = ResultsGenerator.Generate(_root);

        string text = files[page];
        Assert.Contains("### Title of A\n\nWhy?\n\n- 3 is odd\n- 4 is not\n\n[![A chart](charts/m/A.svg)](m/2026-01-01/report.md)\n\nA table, ns:\n\n| n | f |\n| --- | ---: |\n| 1 | 2 |\n\nOdd and even.\n\nFrom [the run of 2026-01-02 03:04 UTC]", text, StringComparison.Ordinal);
        Assert.Contains("- 5 is odd\n\n[![A chart](charts/m/B.svg)](m/2026-01-03/report.md)", text, StringComparison.Ordinal);
        Assert.Contains("| [2026-01-03 00:00](m/2026-01-03/report.md) | `m` | `abc` | 0 |", text, StringComparison.Ordinal);
        Assert.StartsWith("<svg", files[Path.Combine(_root, "results", "charts", "m", "A.svg")], StringComparison.Ordinal);
    }

    [Fact]
    public void Without_results_the_results_page_says_so_and_without_a_page_nothing_is_made()
    {
        Assert.Empty(ResultsGenerator.Generate(_root));

        string page = ResultsPage(), text = ResultsGenerator.Generate(_root)[page];

        Assert.Equal(4, text.Split("_No result is published yet").Length - 1);
    }

    [Fact]
    public void Every_published_suite_has_its_reading_and_its_place_on_the_results_page()
    {
        Assert.Contains(Path.Combine(Solution.Root, "results", "README.md"), ReadmeGenerator.Generate(Solution.Root).Keys);
        IReadOnlyDictionary<string, string> readings = ReadingFile.Read(Path.Combine(Solution.Root, "results", "READING.md"));
        foreach (PublishedSuite suite in PublishedSuite.Newest(PublishedResult.All(Solution.Root)))
            Assert.True(readings.ContainsKey(suite.View.Name), $"{suite.View.Name} is published but results/READING.md says nothing under ## {suite.View.Name}");
        foreach (PublishedScenario scenario in PublishedScenario.Newest(PublishedResult.All(Solution.Root)))
            Assert.True(readings.ContainsKey(scenario.Record.Name), $"{scenario.Record.Name} is published but results/READING.md says nothing under ## {scenario.Record.Name}");
    }

    [Theory]
    [InlineData("<!-- generated: nobody (c) -->\n<!-- end generated -->\n", "line 1: nobody generates 'nobody'")]
    [InlineData("\n<!-- generated: chart (c) -->\n", "line 2: the block has no end")]
    [InlineData("<!-- end generated -->\n", "line 1: a block ends that did not begin")]
    public void Wrong_markers_are_errors_with_their_line(string readme, string expected)
    {
        File.WriteAllText(Path.Combine(_root, "README.md"), readme);

        Assert.Contains(expected, Assert.Throws<RecordFormatException>(() => ReadmeGenerator.Generate(_root)).Message, StringComparison.Ordinal);
    }

    private string Generate()
    {
        string readme = Path.Combine(_root, "README.md");
        File.WriteAllText(readme, Blocks);
        return ReadmeGenerator.Generate(_root)[readme];
    }

    private static BenchmarkRecord MapLookup(string benchmark, double median) =>
        Samples.Case("FlowMapBench", benchmark, RecordParameters.From([new("Entries", 1024), new("Hits", 100)]), median);

    private string ResultsPage()
    {
        string page = Path.Combine(_root, "results", "README.md");
        Directory.CreateDirectory(Path.GetDirectoryName(page)!);
        File.WriteAllText(page, string.Concat(((string[])["runs", "comparison", "losses", "environment"]).Select(b => $"<!-- generated: {b} (c) -->\n<!-- end generated -->\n")));
        return page;
    }

    private void Publish(string date, BenchmarkRecord[] records)
    {
        string folder = Path.Combine(_root, "results", "m", date);
        RecordFile.Write(folder, records);
        ReportRenderer.Write(folder, records, [], "cpu: test\n", ReportNotes.None);
    }
}
