using DatapathKernels.Report.Records;
using DatapathKernels.Report.Rendering;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Report;

/// <summary>Writes a result folder's <c>environment.txt</c>, <c>report.md</c> and <c>report.html</c>.</summary>
public static class ReportRenderer
{
    /// <summary>The environment's file: <c>name: value</c> lines, the notes as <c>note: sentence</c>.</summary>
    public const string EnvironmentName = "environment.txt";

    /// <summary>The report as Markdown.</summary>
    public const string MarkdownName = "report.md";

    /// <summary>The report as one page.</summary>
    public const string HtmlName = "report.html";

    /// <summary>Renders the records. The notes are kept in <c>environment.txt</c>, so that the folder alone can be rendered again.</summary>
    /// <param name="directory">Made when it is missing.</param>
    /// <param name="records">What was measured.</param>
    /// <param name="scenarios">What scenarios found; at least one when there is no record.</param>
    /// <param name="environmentText">One <c>name: value</c> a line.</param>
    /// <param name="notes">What the reader must know besides.</param>
    public static void Write(
        string directory, IReadOnlyList<BenchmarkRecord> records, IReadOnlyList<ScenarioRecord> scenarios, string environmentText, ReportNotes notes)
    {
        Directory.CreateDirectory(directory);
        ReportEnvironment environment = ReportEnvironment.Parse(environmentText).With(notes);
        (string markdown, string html) = Render(records, scenarios, environment);
        File.WriteAllText(Path.Combine(directory, EnvironmentName), environment.ToText());
        File.WriteAllText(Path.Combine(directory, MarkdownName), markdown);
        File.WriteAllText(Path.Combine(directory, HtmlName), html);
    }

    /// <summary>Renders a result folder again from its <c>records.json</c>, <c>scenarios.json</c> and <c>environment.txt</c>.</summary>
    /// <exception cref="RecordFormatException">A file is missing or breaks the contract.</exception>
    public static void Rewrite(string directory)
    {
        (string markdown, string html) = Render(directory);
        File.WriteAllText(Path.Combine(directory, MarkdownName), markdown);
        File.WriteAllText(Path.Combine(directory, HtmlName), html);
    }

    /// <summary>What a result folder's reports must be.</summary>
    internal static (string Markdown, string Html) Render(string directory)
    {
        IReadOnlyList<ScenarioRecord> scenarios = ScenarioFile.Read(directory);
        bool onlyScenarios = scenarios.Count > 0 && !File.Exists(Path.Combine(directory, RecordFile.JsonName));
        IReadOnlyList<BenchmarkRecord> records = onlyScenarios ? [] : RecordFile.Read(directory);
        string environment = Path.Combine(directory, EnvironmentName);
        if (!File.Exists(environment))
            throw new RecordFormatException($"{environment}: does not exist; expected the environment of the run beside its records");
        return Render(records, scenarios, ReportEnvironment.Parse(File.ReadAllText(environment)));
    }

    internal static (string Markdown, string Html) Render(
        IReadOnlyList<BenchmarkRecord> records, IReadOnlyList<ScenarioRecord> scenarios, ReportEnvironment environment)
    {
        ReportDocument document = ReportBuilder.Build([.. RecordFile.InOrder(records)], scenarios, environment);
        return (MarkdownWriter.Write(document), HtmlWriter.Write(document));
    }
}
