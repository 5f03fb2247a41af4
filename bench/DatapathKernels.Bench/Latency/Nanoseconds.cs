using System.Diagnostics;

namespace DatapathKernels.Bench.Latency;

/// <summary>The stopwatch to its last digit: a <see cref="TimeSpan"/> counts in steps of 100 ns, which is a packet's whole time.</summary>
internal static class Nanoseconds
{
    private static readonly double s_tick = 1e9 / Stopwatch.Frequency;

    /// <summary>Since a timestamp of <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public static double Since(long timestamp) => (Stopwatch.GetTimestamp() - timestamp) * s_tick;
}
