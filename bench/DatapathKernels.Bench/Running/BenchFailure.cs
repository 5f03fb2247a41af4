using System.Text.RegularExpressions;
using BenchmarkDotNet.Reports;

namespace DatapathKernels.Bench.Running;

/// <summary>A case without a result, and why.</summary>
internal sealed partial record BenchFailure(CaseName Case, string Reason)
{
    /// <summary>Null when the case ran well in every launch.</summary>
    public static BenchFailure? Of(BenchmarkReport report)
    {
        bool isGood = report.ResultStatistics is not null && report.BuildResult.IsBuildSuccess && report.ExecuteResults.All(r => r.IsSuccess);
        return isGood ? null : new BenchFailure(CaseName.Of(report.BenchmarkCase), ReasonIn(Lines(report)));
    }

    /// <summary>For example <c>failed: ServiceLookupBench.Dictionary Services=10: packet 3: expected service 1, got 2</c>.</summary>
    public override string ToString() => $"failed: {Case.Full}: {Reason}";

    /// <summary>
    /// The innermost exception in what the benchmark's process wrote: the runtime prints the outer one first and each inner
    /// one behind an arrow.
    /// </summary>
    internal static string ReasonIn(IEnumerable<string> lines)
    {
        string reason = "it ended without a result; see benchmarkdotnet.log";
        foreach (Match match in lines.Select(l => ExceptionLine().Match(l)).Where(m => m.Success))
        {
            reason = match.Groups["message"].Value;
            if (match.Groups["arrow"].Success)
                break;
        }

        return reason;
    }

    private static IEnumerable<string> Lines(BenchmarkReport report) =>
        report.ExecuteResults.SelectMany(r => r.Errors.Concat(r.StandardOutput).Concat(r.Results)).SelectMany(l => l.Split('\n'));

    [GeneratedRegex(@"^\s*(?<arrow>---> )?(Unhandled exception\. )?[\w.+`]+Exception: (?<message>.*?)\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex ExceptionLine();
}
