using System.Globalization;
using DatapathKernels.Report.Analysis;
using DatapathKernels.Report.Records;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Report.Readme;

/// <summary>A folder <c>results/&lt;machine&gt;/&lt;date&gt;</c>.</summary>
/// <param name="Folder">Its full path.</param>
internal sealed record PublishedResult(string Folder)
{
    /// <summary>The suite the README quotes.</summary>
    public const string QuotedSuite = "ServiceLookupBench";

    /// <summary>So many sizes make a curve worth a chart.</summary>
    private const int EnoughSizes = 3;

    /// <summary>All published folders of a solution: those two levels below <c>results</c> that hold records or scenarios, by path.</summary>
    public static IReadOnlyList<PublishedResult> All(string root)
    {
        string results = Path.Combine(root, "results");
        if (!Directory.Exists(results))
            return [];
        return
        [
            .. Directory.GetDirectories(results).SelectMany(Directory.GetDirectories)
                .Where(d => File.Exists(Path.Combine(d, RecordFile.JsonName)) || File.Exists(Path.Combine(d, ScenarioFile.Name))).Order(StringComparer.Ordinal).Select(d => new PublishedResult(d)),
        ];
    }

    /// <summary>
    /// The newest run that holds the linear walk against the hash map at enough sizes; null before there is one. A run of one
    /// filtered benchmark or of someone's own rules is published, too, but is not what the README quotes.
    /// </summary>
    public static PublishedResult? Newest(string root) => All(root)
        .Where(r => r.Quoted() is { } suite && LookupAnswer.Of(suite) is { Linear.Points.Count: >= EnoughSizes })
        .MaxBy(r => r.Utc);

    /// <summary>The machine: the folder's folder.</summary>
    public string Machine => Path.GetFileName(Path.GetDirectoryName(Folder)!);

    /// <summary>What it measured; none when only scenarios ran.</summary>
    public IReadOnlyList<BenchmarkRecord> Records() => File.Exists(Path.Combine(Folder, RecordFile.JsonName)) ? RecordFile.Read(Folder) : [];

    /// <summary>What its scenarios found; none in runs from before there were any.</summary>
    public IReadOnlyList<ScenarioRecord> Scenarios() => ScenarioFile.Read(Folder);

    /// <summary>When the run started: by its records, or by its environment when only scenarios ran.</summary>
    public DateTime Utc => Records() is [var first, ..] ? first.Utc : DateOf(Environment()["date"]);

    /// <summary>The commit measured.</summary>
    public string Commit => Records() is [var first, ..] ? first.Commit : Environment()["commit"] ?? "unknown";

    private static DateTime DateOf(string? date) => DateTime.TryParseExact(
        date, "yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime utc) ? utc : DateTime.UnixEpoch;

    /// <summary>Its environment; empty when it has none.</summary>
    public ReportEnvironment Environment() =>
        ReportEnvironment.Parse(File.Exists(EnvironmentFile) ? File.ReadAllText(EnvironmentFile) : "");

    private string EnvironmentFile => Path.Combine(Folder, ReportRenderer.EnvironmentName);

    /// <summary>The suite to quote, or null when it was not measured.</summary>
    public SuiteView? Quoted() => SuiteView.All(Records()).FirstOrDefault(s => s.Name == QuotedSuite);
}
