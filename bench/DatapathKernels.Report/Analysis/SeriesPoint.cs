namespace DatapathKernels.Report.Analysis;

/// <summary>One case on a curve: the parameter, and the nanoseconds with their spread.</summary>
internal readonly record struct SeriesPoint(double X, double Median, double Min, double Max);
