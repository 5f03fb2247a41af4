using DatapathKernels.Report.Records;

namespace DatapathKernels.Report.Comparison;

/// <summary>A case that both runs measured.</summary>
/// <param name="First">In the first run.</param>
/// <param name="Second">In the second.</param>
/// <param name="P">The Mann-Whitney p-value corrected for the number of cases; null where iterations were not recorded.</param>
internal sealed record CaseComparison(BenchmarkRecord First, BenchmarkRecord Second, double? P)
{
    /// <summary>A corrected p-value below this shows a difference.</summary>
    public const double Level = 0.01;

    /// <summary>The second median in units of the first; NaN when the first is zero.</summary>
    public double Ratio => First.Median == 0 ? double.NaN : Second.Median / First.Median;

    /// <summary>Whether the spreads, fastest to slowest iteration, share anything.</summary>
    public bool Overlap => First.Min <= Second.Max && Second.Min <= First.Max;

    /// <summary>By the test where there are iterations, otherwise by whether the spreads overlap.</summary>
    public Verdict Verdict
    {
        get
        {
            if (First.Unit != Second.Unit)
                return Verdict.OtherUnit;
            bool differs = P is { } p ? p < Level : !Overlap;
            return !differs || First.Median == Second.Median ? Verdict.Same : Second.Median < First.Median ? Verdict.Faster : Verdict.Slower;
        }
    }
}
