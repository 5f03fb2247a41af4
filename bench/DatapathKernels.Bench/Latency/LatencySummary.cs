namespace DatapathKernels.Bench.Latency;

/// <summary>The percentiles of a record, in its unit.</summary>
internal sealed record LatencySummary(double P50, double P99, double P999, double P9999)
{
    /// <summary>Of a histogram whose numbers are in units of <paramref name="scale"/> of the record's.</summary>
    public static LatencySummary Of(LatencyHistogram histogram, double scale) => new(
        histogram.Percentile(0.5) * scale,
        histogram.Percentile(0.99) * scale,
        histogram.Percentile(0.999) * scale,
        histogram.Percentile(0.9999) * scale);
}
