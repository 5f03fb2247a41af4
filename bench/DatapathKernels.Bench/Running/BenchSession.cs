using System.Globalization;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using DatapathKernels.Bench.Cli;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Machines;
using DatapathKernels.Report;
using DatapathKernels.Report.Records;
using Spectre.Console;

namespace DatapathKernels.Bench.Running;

/// <summary>One run from options to results: select, measure, write, say where.</summary>
internal static class BenchSession
{
    /// <summary>The variable in which <c>run-bench.sh</c> hands over its own command line.</summary>
    public const string CommandVariable = "DATAPATH_COMMAND";

    /// <summary>Returns the exit code.</summary>
    /// <exception cref="BadInputException">Nothing was measured because of what the user gave.</exception>
    public static int Run(BenchOptions options, TextWriter output)
    {
        IReadOnlyList<string> notes = UserInput.Check(options);
        IReadOnlyList<BenchmarkRunInfo> listed = Select(options, BenchConfig.Create(options.Profile, NullLogger.Instance, null, Path.GetTempPath()));
        if (options.List)
            return List(listed, output);

        string root = SolutionFolder.Find();
        RunEnvironment environment = RunEnvironment.Capture(root, Command(), Describe(options.Profile), DateTime.UtcNow);
        string folder = options.OutputFolder ?? OutputFolder.Default(root, environment.Machine, environment.Utc);
        OutputFolder.Create(folder);
        foreach (string note in notes)
            output.WriteLine(note);

        Summary[] summaries = Measure(options, listed.Sum(i => i.BenchmarksCases.Length), root, folder, output);
        IReadOnlyList<BenchmarkRecord> records = RecordMapper.Records(summaries, environment);
        IReadOnlyList<BenchFailure> failures = RecordMapper.Failures(summaries);
        WriteResults(folder, records, environment, new ReportNotes([.. notes, .. failures.Select(f => f.ToString())]));
        Headlines.Print(records, ConsoleOver(output));
        return Conclude(folder, records, failures, output);
    }

    private static IReadOnlyList<BenchmarkRunInfo> Select(BenchOptions options, BenchmarkDotNet.Configs.IConfig config)
    {
        IReadOnlyList<BenchmarkRunInfo> selected = SuiteCatalog.Select(SuiteCatalog.Applicable(options), options, config);
        return selected.Count > 0
            ? selected
            : throw new BadInputException($"--filter {options.Filter?.Glob}: no benchmark has such a name; expected one of those that --list prints");
    }

    private static int List(IReadOnlyList<BenchmarkRunInfo> selected, TextWriter output)
    {
        foreach (BenchmarkCase benchmark in selected.SelectMany(i => i.BenchmarksCases))
            output.WriteLine(CaseName.Of(benchmark).Full);
        return ExitCode.Ok;
    }

    private static Summary[] Measure(BenchOptions options, int cases, string root, string folder, TextWriter output)
    {
        // BenchmarkDotNet looks for the project it references from the current folder; ours may be anywhere.
        string caller = Environment.CurrentDirectory;
        Directory.SetCurrentDirectory(root);
        try
        {
            using StreamLogger log = new(Path.Combine(folder, "benchmarkdotnet.log"), append: false);
            ProgressLines progress = new(output, cases, options.Profile.ExpectedCaseSeconds, !Console.IsOutputRedirected);
            Summary[] summaries = BenchmarkRunner.Run([.. Select(options, BenchConfig.Create(options.Profile, log, progress, Path.Combine(root, "BenchmarkDotNet.Artifacts")))]);
            foreach (string problem in progress.Problems)
                output.WriteLine($"problem: {problem}");
            return summaries;
        }
        finally
        {
            Directory.SetCurrentDirectory(caller);
        }
    }

    private static void WriteResults(string folder, IReadOnlyList<BenchmarkRecord> records, RunEnvironment environment, ReportNotes notes)
    {
        if (records.Count == 0)
        {
            File.WriteAllText(Path.Combine(folder, ReportRenderer.EnvironmentName), environment.ToText());
            return;
        }

        RecordFile.Write(folder, records);
        ReportRenderer.Write(folder, records, environment.ToText(), notes);
    }

    // Spectre guesses colours from the environment even for a pipe; a log wants none, and no wrapping either.
    private static IAnsiConsole ConsoleOver(TextWriter output)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = Console.IsOutputRedirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        if (Console.IsOutputRedirected)
            console.Profile.Width = 200;
        return console;
    }

    private static int Conclude(string folder, IReadOnlyList<BenchmarkRecord> records, IReadOnlyList<BenchFailure> failures, TextWriter output)
    {
        foreach (BenchFailure failure in failures)
            output.WriteLine(failure);
        output.WriteLine(records.Count > 0
            ? $"report: {Path.Combine(folder, ReportRenderer.HtmlName)}"
            : $"nothing was measured; see {Path.Combine(folder, "benchmarkdotnet.log")}");
        return failures.Count == 0 && records.Count > 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static string Describe(BenchProfile profile) => string.Create(
        CultureInfo.InvariantCulture,
        $"{profile.Name}: {profile.Launches} processes a case, {profile.Warmups} warm-up and {profile.Iterations} measured iterations of {profile.IterationMs} ms");

    private static string Command() =>
        Environment.GetEnvironmentVariable(CommandVariable) is { Length: > 0 } command ? command : Environment.CommandLine;
}
