namespace DatapathKernels.Report.Charts;

/// <summary>One bar: its name, the series whose colour it has, and the nanoseconds with their spread.</summary>
internal readonly record struct Bar(string Name, int Series, double Median, double Min, double Max);
