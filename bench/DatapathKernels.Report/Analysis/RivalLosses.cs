using DatapathKernels.Report.Records;

namespace DatapathKernels.Report.Analysis;

/// <summary>The cases in which what we offer is dearer than the best of what a reader could take instead.</summary>
internal static class RivalLosses
{
    /// <summary>Each of ours that lost, and the fastest rival of the same parameters.</summary>
    public static IEnumerable<(BenchmarkRecord Own, BenchmarkRecord Rival)> Of(SuiteView suite) =>
        from panel in suite.Panels
        from row in panel.Rows
        let rival = suite.Text.Rivals.Select(b => panel[row, b]).OfType<BenchmarkRecord>().MinBy(r => r.Median)
        where rival is not null
        from own in suite.Text.Own.Select(b => panel[row, b]).OfType<BenchmarkRecord>()
        where own.Median > rival.Median
        select (own, rival);
}
