using System.Diagnostics;
using System.Globalization;
using DatapathKernels.Bench.Running;
using DatapathKernels.Report.Scenarios;

namespace DatapathKernels.Bench.Scenarios;

/// <summary>Runs scenarios one after the other, in this process. One that fails is told and does not stop the others.</summary>
/// <param name="Records">What those found that ended well.</param>
/// <param name="Failures">A line for each that did not.</param>
internal sealed record ScenarioRun(IReadOnlyList<ScenarioRecord> Records, IReadOnlyList<string> Failures)
{
    /// <summary>Runs them and writes a line for each.</summary>
    public static ScenarioRun Of(IReadOnlyList<IScenario> scenarios, ScenarioContext context, TextWriter output)
    {
        List<ScenarioRecord> records = [];
        List<string> failures = [];
        Stopwatch all = Stopwatch.StartNew();
        if (scenarios.Count > 0)
            output.WriteLine($"{scenarios.Count} scenario{(scenarios.Count == 1 ? "" : "s")}, about {ProgressLines.Minutes(scenarios.Sum(s => s.Length.Of(context.Full)))}");
        for (int i = 0; i < scenarios.Count; i++)
        {
            Stopwatch clock = Stopwatch.StartNew();
            TimeSpan before = Environment.CpuUsage.TotalTime;
            string result = "";
            try
            {
                records.Add(scenarios[i].Run(context));
            }
#pragma warning disable CA1031 // Whatever a scenario throws, the others still run and the run ends with exit code 1.
            catch (Exception wrong)
#pragma warning restore CA1031
            {
                failures.Add($"failed: {scenarios[i].Name}: {wrong.Message.ReplaceLineEndings(" ")}");
                result = " FAILED";
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"scenario {i + 1}/{scenarios.Count} {scenarios[i].Name} {clock.Elapsed.TotalSeconds:0.0} s, {(Environment.CpuUsage.TotalTime - before).TotalSeconds:0.0} s of processor time{result}, {ProgressLines.Minutes(SecondsLeft(scenarios, i + 1, context.Full, all.Elapsed.TotalSeconds))} left"));
            output.Flush();
        }

        return new ScenarioRun(records, failures);
    }

    /// <summary>What the others are said to take, by how much longer than said those before took.</summary>
    internal static double SecondsLeft(IReadOnlyList<IScenario> scenarios, int done, bool full, double elapsed)
    {
        double said = scenarios.Take(done).Sum(s => s.Length.Of(full));
        return scenarios.Skip(done).Sum(s => s.Length.Of(full)) * Math.Clamp(elapsed / said, 0.25, 4);
    }

    /// <summary>Prints what was found, a block a scenario.</summary>
    public void Print(TextWriter output)
    {
        foreach (ScenarioRecord record in Records)
        {
            output.WriteLine();
            output.WriteLine($"{record.Name}: {record.Question}");
            foreach (string finding in record.Findings)
                output.WriteLine($"  {finding}");
        }
    }
}
