using DatapathKernels.Report.Analysis;
using DatapathKernels.Report.Records;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Tests.Report;

internal static class Samples
{
    public static BenchmarkRecord Case(string suite, string benchmark, RecordParameters parameters, double median) => new()
    {
        Suite = suite,
        Benchmark = benchmark,
        Parameters = parameters,
        Unit = "ns/packet",
        Median = median,
        Mean = median,
        Min = median * 0.9,
        Max = median * 1.1,
        StandardDeviation = 0.5,
        AllocatedBytesPerOperation = 0,
        Machine = "test-cpu",
        Commit = "0123456789abcdef",
        Utc = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
    };

    public static BenchmarkRecord Lookup(string benchmark, int services, double median) =>
        Case("ServiceLookupBench", benchmark, RecordParameters.From([new("Services", services)]), median);

    /// <summary>A line that crosses a flat one between 10 and 100.</summary>
    public static BenchmarkRecord[] Crossing() =>
    [
        Lookup("IptablesLinear", 10, 5), Lookup("IptablesLinear", 100, 50), Lookup("IptablesLinear", 1000, 500),
        Lookup("Dictionary", 10, 10), Lookup("Dictionary", 100, 10), Lookup("Dictionary", 1000, 10),
    ];

    /// <summary>A scenario with two findings, a table and a marked chart.</summary>
    public static ScenarioRecord Scenario(string name) => new(
        name,
        $"Title of {name}",
        "Why?",
        ["3 is odd", "4 is not"],
        [new("A table, ns", ["n", "f"], [["1", "2"]])],
        [new("A chart", "n", "ns", true, true, [new("f", [new(1, 2), new(100, 50)])], [new(10, "half way"), new(1000, "beyond")])]);

    public static Series Curve(params (double X, double Y)[] points) =>
        new("B", "b", [.. points.Select(p => new SeriesPoint(p.X, p.Y, p.Y, p.Y))]);
}
