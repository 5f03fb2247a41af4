using System.Globalization;
using BenchmarkDotNet.Running;

namespace DatapathKernels.Bench.Running;

/// <summary>One case by name: suite, benchmark, and the parameters in the order they are declared.</summary>
internal sealed record CaseName(string Suite, string Benchmark, IReadOnlyDictionary<string, object> Parameters)
{
    /// <summary>For example <c>ServiceLookupBench.Dictionary</c>.</summary>
    public string SuiteAndBenchmark => $"{Suite}.{Benchmark}";

    /// <summary>For example <c>ServiceLookupBench.Dictionary Services=1000</c>.</summary>
    public string Full => Parameters.Count == 0
        ? SuiteAndBenchmark
        : $"{SuiteAndBenchmark} {string.Join(' ', Parameters.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key}={p.Value}")))}";

    /// <summary>The name of a BenchmarkDotNet case.</summary>
    public static CaseName Of(BenchmarkCase benchmark) => new(
        benchmark.Descriptor.Type.Name,
        benchmark.Descriptor.WorkloadMethod.Name,
        benchmark.Parameters.Items.ToDictionary(p => p.Name, p => p.Value ?? ""));
}
