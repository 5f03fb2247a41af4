using System.Text.Json;
using DatapathKernels.Report;
using DatapathKernels.Report.Records;
using DatapathKernels.Report.Scenarios;
using Xunit;

namespace DatapathKernels.Tests.Report;

public sealed class ScenarioFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("datapath-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_written_is_read_back()
    {
        ScenarioRecord[] records = [Samples.Scenario("A"), Samples.Scenario("B <b>\n| \"q\"")];

        ScenarioFile.Write(_folder, records);

        Assert.Equal(JsonSerializer.Serialize(records), JsonSerializer.Serialize(ScenarioFile.Read(_folder)));
    }

    [Fact]
    public void A_folder_without_scenarios_has_none_and_none_are_not_written()
    {
        ScenarioFile.Write(_folder, []);

        Assert.Empty(Directory.GetFiles(_folder));
        Assert.Empty(ScenarioFile.Read(_folder));
    }

    [Fact]
    public void Marks_that_are_not_there_are_left_out_and_read_as_none()
    {
        ScenarioRecord sound = Samples.Scenario("A");
        ScenarioFile.Write(_folder, [sound with { Charts = [sound.Charts[0] with { Marks = null }] }]);

        Assert.DoesNotContain("marks", File.ReadAllText(Path.Combine(_folder, ScenarioFile.Name)), StringComparison.Ordinal);
        Assert.Null(ScenarioFile.Read(_folder)[0].Charts[0].Marks);
    }

    [Fact]
    public void Unsound_records_are_not_written()
    {
        ScenarioRecord sound = Samples.Scenario("A");
        Fails("has not 2 cells", sound with { Tables = [new("T", ["a", "b"], [["1"]])] });
        Fails("series without points", sound with { Charts = [new("C", "x", "y", false, false, [new("s", [])])] });
        Fails("not finite", sound with { Charts = [new("C", "x", "y", false, false, [new("s", [new(1, double.NaN)])])] });
        Fails("empty", sound with { Title = " " });
        Fails("stands twice", sound, sound);

        void Fails(string expected, params ScenarioRecord[] records)
        {
            Assert.Contains(expected, Assert.Throws<RecordFormatException>(() => ScenarioFile.Write(_folder, records)).Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(_folder));
        }
    }

    [Theory]
    [InlineData("[{]")]
    [InlineData("[{\"name\":\"A\"}]")]
    public void A_file_that_breaks_the_contract_is_an_error_with_its_place(string json)
    {
        File.WriteAllText(Path.Combine(_folder, ScenarioFile.Name), json);

        Assert.Contains($"{ScenarioFile.Name}: line 1", Assert.Throws<RecordFormatException>(() => ScenarioFile.Read(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_shows_a_scenario_after_the_suites()
    {
        (string markdown, string html) = ReportRenderer.Render(Samples.Crossing(), [Samples.Scenario("A")], ReportEnvironment.Parse(""));

        Assert.Contains("## Title of A\n\nWhy?\n\n- 3 is odd\n- 4 is not\n\nA table, ns:\n\n| n | f |\n| --- | ---: |\n| 1 | 2 |\n", markdown, StringComparison.Ordinal);
        Assert.Contains("<li>3 is odd</li>", html, StringComparison.Ordinal);
        Assert.Contains("<figcaption>A chart.</figcaption>", html, StringComparison.Ordinal);
        Assert.Contains(">half way</text>", html, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">1</th><td>2</td>", html, StringComparison.Ordinal);
        Assert.True(markdown.IndexOf("## Service lookup", StringComparison.Ordinal) < markdown.IndexOf("## Title of A", StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_of_scenarios_alone_renders_from_its_folder()
    {
        ScenarioRecord[] scenarios = [Samples.Scenario("A")];
        ScenarioFile.Write(_folder, scenarios);
        ReportRenderer.Write(_folder, [], scenarios, "date: 2026-01-02 03:04:05 UTC\nmachine: test-cpu\ncommit: 0123456789abcdef\n", ReportNotes.None);

        (string markdown, string html) = ReportRenderer.Render(_folder);

        Assert.Equal(File.ReadAllText(Path.Combine(_folder, ReportRenderer.MarkdownName)), markdown);
        Assert.StartsWith("# DatapathKernels on test-cpu\n\n**Title of A**: 3 is odd\n\nMeasured on `test-cpu` at 2026-01-02 03:04:05 UTC, commit `0123456789ab`.\n", markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("What lost", markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
    }
}
