using DatapathKernels.Report;
using DatapathKernels.Report.Readme;
using DatapathKernels.Report.Records;
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

    private void Publish(string date, BenchmarkRecord[] records)
    {
        string folder = Path.Combine(_root, "results", "m", date);
        RecordFile.Write(folder, records);
        ReportRenderer.Write(folder, records, "cpu: test\n", ReportNotes.None);
    }
}
