using DatapathKernels.Report.Records;

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
    /// <param name="records">At least one.</param>
    /// <param name="environmentText">One <c>name: value</c> a line.</param>
    /// <param name="notes">What the reader must know besides.</param>
    public static void Write(string directory, IReadOnlyList<BenchmarkRecord> records, string environmentText, ReportNotes notes)
    {
        Directory.CreateDirectory(directory);
        ReportEnvironment environment = ReportEnvironment.Parse(environmentText).With(notes);
        File.WriteAllText(Path.Combine(directory, EnvironmentName), environment.ToText());
    }
}
