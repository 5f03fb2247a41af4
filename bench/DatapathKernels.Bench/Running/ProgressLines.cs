using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.EventProcessors;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.Results;
using BenchmarkDotNet.Validators;

namespace DatapathKernels.Bench.Running;

/// <summary>
/// One line for every finished case, with its time and the time left; on a terminal also the case that runs now, on a line
/// that the next one overwrites. BenchmarkDotNet's own output goes to a log file.
/// </summary>
internal sealed class ProgressLines(TextWriter output, int cases, double expectedCaseSeconds, bool isTerminal) : EventProcessor
{
    private readonly Stopwatch _clock = new();
    private int _done;

    /// <summary>What BenchmarkDotNet refused before running, if anything.</summary>
    public List<string> Problems { get; } = [];

    public override void OnValidationError(ValidationError validationError)
    {
        if (validationError.IsCritical)
            Problems.Add(validationError.Message);
    }

    public override void OnStartBuildStage(IReadOnlyList<BuildPartition> partitions) =>
        output.WriteLine($"{cases} cases; preparing them (about 15 s), then about {Minutes(cases * expectedCaseSeconds)}");

    public override void OnBuildComplete(BuildPartition partition, BuildResult buildResult)
    {
        if (!buildResult.IsBuildSuccess)
            Problems.Add($"the benchmark project did not build: {buildResult.ErrorMessage ?? buildResult.GenerateException?.Message ?? "see the log"}");
    }

    public override void OnStartRunStage() => _clock.Start();

    public override void OnStartRunBenchmark(BenchmarkCase benchmarkCase)
    {
        if (isTerminal)
            output.Write($"\r{Position(_done + 1)} {CaseName.Of(benchmarkCase).Full,-64} ... {Left()} left   ");
    }

    public override void OnEndRunBenchmark(BenchmarkCase benchmarkCase, BenchmarkReport report)
    {
        _done++;
        string result = report.ResultStatistics is { } statistics
            ? string.Create(CultureInfo.InvariantCulture, $"{statistics.Median,12:N2} {SuiteCatalog.UnitOf(benchmarkCase.Descriptor.WorkloadMethod)}")
            : "      FAILED";
        output.WriteLine($"{(isTerminal ? "\r" : "")}{Position(_done)} {CaseName.Of(benchmarkCase).Full,-56} {result,-24} {Left()} left");
        output.Flush();
    }

    /// <summary>A duration as people say it: <c>45 s</c>, <c>3 min 10 s</c>.</summary>
    public static string Minutes(double seconds)
    {
        int whole = (int)Math.Ceiling(seconds);
        return whole < 60 ? $"{whole} s" : $"{whole / 60} min {whole % 60:00} s";
    }

    // The mean of the cases so far, with the first guess counting as two cases: one odd start does not swing it.
    private string Left() =>
        Minutes((cases - _done) * ((2 * expectedCaseSeconds) + _clock.Elapsed.TotalSeconds) / (_done + 2));

    private string Position(int number) => $"[{number.ToString(CultureInfo.InvariantCulture).PadLeft(cases.ToString(CultureInfo.InvariantCulture).Length)}/{cases}]";
}
