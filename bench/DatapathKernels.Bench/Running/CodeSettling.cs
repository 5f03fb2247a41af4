using System.Diagnostics;
using System.Runtime;

namespace DatapathKernels.Bench.Running;

/// <summary>
/// Waits for optimised code. The runtime compiles hot code twice, the first time to see how it is used, and beside the program: of a whole datapath, warm-ups of a
/// sixth of a second measured what was not optimised yet (seen: 233 ns for 105).
/// </summary>
internal static class CodeSettling
{
    // On a busy machine the runtime's own thread takes its time.
    private const double QuietMs = 250, MostMs = 8000;

    /// <summary>Runs code until the runtime has compiled nothing for a while.</summary>
    public static void Run(Action code)
    {
        long start = Stopwatch.GetTimestamp(), quietSince = start, compiled = JitInfo.GetCompiledMethodCount();
        while (Stopwatch.GetElapsedTime(quietSince).TotalMilliseconds < QuietMs && Stopwatch.GetElapsedTime(start).TotalMilliseconds < MostMs)
        {
            code();
            if (JitInfo.GetCompiledMethodCount() is var now && now != compiled)
                (compiled, quietSince) = (now, Stopwatch.GetTimestamp());
        }
    }
}
