using DatapathKernels.Bench.Latency;

namespace DatapathKernels.Bench.Scenarios.Updates;

/// <summary>What packets waited while something was going on, ns.</summary>
/// <param name="Name">What was going on.</param>
/// <param name="Latency">The percentiles.</param>
/// <param name="Packets">How many were timed.</param>
/// <param name="Updates">How many reloads or changes were done meanwhile.</param>
internal sealed record UpdatePhase(string Name, LatencySummary Latency, long Packets, long Updates);
