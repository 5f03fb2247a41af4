using DatapathKernels.Report.Analysis;

namespace DatapathKernels.Report.Readme;

/// <summary>A suite as one published run measured it.</summary>
internal sealed record PublishedSuite(PublishedResult Run, SuiteView View)
{
    /// <summary>Suites over a reader's own rules or packets say nothing about anyone else's.</summary>
    private const string OwnInput = "User";

    /// <summary>Every suite of a machine's runs, each from the newest run that measured it, in the order of a report.</summary>
    public static IReadOnlyList<PublishedSuite> Newest(IEnumerable<PublishedResult> runs)
    {
        var measured = from run in runs
                       from view in SuiteView.All(run.Records())
                       where !view.Name.StartsWith(OwnInput, StringComparison.Ordinal)
                       select new PublishedSuite(run, view);
        return
        [
            .. measured.GroupBy(s => s.View.Name).Select(s => s.MaxBy(m => m.View.Cases().First().Utc)!)
                .OrderBy(s => SuiteText.Rank(s.View.Name)).ThenBy(s => s.View.Name, StringComparer.Ordinal),
        ];
    }
}
