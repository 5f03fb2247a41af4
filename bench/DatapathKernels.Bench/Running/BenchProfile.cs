using BenchmarkDotNet.Jobs;
using Perfolizer.Horology;

namespace DatapathKernels.Bench.Running;

/// <summary>How long and how often each case is measured.</summary>
/// <remarks>
/// BenchmarkDotNet's own defaults aim at an error target and take minutes a case on a noisy machine, so both profiles fix
/// everything. Iterations are short and many: on a shared machine a disturbance then spoils a few of them and the median
/// stays. Every operation covers a burst of packets, so neither loop unrolling nor subtracting the cost of an empty call
/// (some 1 ns a burst) would change a digit; both are off. Methods may be promoted to optimised code from their thirtieth
/// call on instead of after a quiet tenth of a second: with the wait, short warm-ups ended before it now and then, and a
/// case was measured in unoptimised code (seen: 56 ns for a dictionary lookup of 4.4 ns).
/// </remarks>
internal sealed record BenchProfile(string Name, int Launches, int Warmups, int Iterations, int IterationMs)
{
    /// <summary>Everything within five minutes on two cores.</summary>
    public static BenchProfile Quick { get; } = new("quick", Launches: 1, Warmups: 6, Iterations: 15, IterationMs: 20);

    /// <summary>For publishing: three processes a case, because code and data alignment differ from one to the next.</summary>
    public static BenchProfile Full { get; } = new("full", Launches: 3, Warmups: 8, Iterations: 20, IterationMs: 100);

    /// <summary>A first guess of the seconds a case takes, before any was measured: start, setup, pilot, iterations.</summary>
    public double ExpectedCaseSeconds => Launches * (1.0 + ((Warmups + Iterations) * IterationMs * 1.3 / 1000));

    /// <summary>The BenchmarkDotNet job; the caller adds the toolchain.</summary>
    public Job ToJob() => new Job(Name)
        .WithLaunchCount(Launches)
        .WithWarmupCount(Warmups)
        .WithIterationCount(Iterations)
        .WithIterationTime(TimeInterval.FromMilliseconds(IterationMs))
        .WithMinInvokeCount(1)
        .WithUnrollFactor(1)
        .WithEvaluateOverhead(false)
        .WithEnvironmentVariable("DOTNET_TC_CallCountingDelayMs", "0")
        .WithOutlierMode(Perfolizer.Mathematics.OutlierDetection.OutlierMode.DontRemove);
}
