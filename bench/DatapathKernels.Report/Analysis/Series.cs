namespace DatapathKernels.Report.Analysis;

/// <summary>One benchmark over its parameter, by rising X.</summary>
internal sealed record Series(string Benchmark, string Label, IReadOnlyList<SeriesPoint> Points);
