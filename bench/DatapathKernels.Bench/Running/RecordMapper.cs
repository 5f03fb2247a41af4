using BenchmarkDotNet.Mathematics;
using BenchmarkDotNet.Reports;
using DatapathKernels.Bench.Latency;
using DatapathKernels.Bench.Machines;
using DatapathKernels.Report.Records;

namespace DatapathKernels.Bench.Running;

/// <summary>From BenchmarkDotNet's summaries to records and failures.</summary>
internal static class RecordMapper
{
    /// <summary>One record for every case that ran well, in the order they ran.</summary>
    public static IReadOnlyList<BenchmarkRecord> Records(IEnumerable<Summary> summaries, RunEnvironment environment) =>
        [.. summaries.SelectMany(s => s.Reports).Where(r => BenchFailure.Of(r) is null).Select(r => Map(r, environment))];

    /// <summary>One entry for every case that did not, and for every selected case that never ran.</summary>
    public static IReadOnlyList<BenchFailure> Failures(IEnumerable<Summary> summaries) =>
    [
        .. summaries.SelectMany(s => s.Reports.Select(BenchFailure.Of)).OfType<BenchFailure>(),
        .. summaries.SelectMany(s => s.BenchmarksCases.Where(c => !s.HasReport(c))).Select(c => new BenchFailure(CaseName.Of(c), "it was not run")),
    ];

    private static BenchmarkRecord Map(BenchmarkReport report, RunEnvironment environment)
    {
        CaseName name = CaseName.Of(report.BenchmarkCase);
        Statistics statistics = report.ResultStatistics!;
        LatencySummary? latency = LatencyLines.Read(report.ExecuteResults.SelectMany(r => r.StandardOutput ?? []));
        return new BenchmarkRecord
        {
            Suite = name.Suite,
            Benchmark = name.Benchmark,
            Parameters = RecordParameters.From(name.Parameters),
            Unit = SuiteCatalog.UnitOf(report.BenchmarkCase.Descriptor.WorkloadMethod),
            Median = statistics.Median,
            Mean = statistics.Mean,
            Min = statistics.Min,
            Max = statistics.Max,
            StandardDeviation = statistics.StandardDeviation,
            AllocatedBytesPerOperation = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0,
            Machine = environment.Machine,
            Commit = environment.Commit,
            Utc = environment.Utc,
            P50 = latency?.P50,
            P99 = latency?.P99,
            P999 = latency?.P999,
            P9999 = latency?.P9999,
            Iterations = RecordIterations.Rounded(statistics.OriginalValues),
        };
    }
}
