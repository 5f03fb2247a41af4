using System.Globalization;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using DatapathKernels.Bench.Cli;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Machines;
using DatapathKernels.Bench.Scenarios;
using DatapathKernels.Report;
using DatapathKernels.Report.Records;
using DatapathKernels.Report.Scenarios;
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
        UserInput input = UserInput.Check(options);
        options = options with { RulesAreNft = input.Nft is not null };
        IReadOnlyList<IScenario> scenarios = ScenarioCatalog.Select(options);
        IReadOnlyList<BenchmarkRunInfo> listed = Select(options, BenchConfig.Create(options.Profile, NullLogger.Instance, null, Path.GetTempPath()));
        if (listed.Count == 0 && scenarios.Count == 0)
            throw new BadInputException($"--filter {options.Filter?.Glob}: no benchmark has such a name, and no scenario; expected one of those that --list prints");
        if (options.List)
            return List(listed, scenarios, output);

        string root = SolutionFolder.Find();
        RunEnvironment environment = RunEnvironment.Capture(root, Command(), Describe(options.Profile), DateTime.UtcNow);
        string folder = options.OutputFolder ?? OutputFolder.Default(root, environment.Machine, environment.Utc);
        OutputFolder.Create(folder);
        foreach (string note in input.Notes)
            output.WriteLine(note);

        Summary[] summaries = listed.Count > 0 ? Measure(options, listed.Sum(i => i.BenchmarksCases.Length), root, folder, output) : [];
        ScenarioRun answers = ScenarioRun.Of(scenarios, new ScenarioContext { Full = options.Profile == BenchProfile.Full, Input = input, Report = output.WriteLine }, output);
        IReadOnlyList<BenchmarkRecord> records = RecordMapper.Records(summaries, environment);
        string[] failures = [.. RecordMapper.Failures(summaries).Select(f => f.ToString()), .. answers.Failures];
        WriteResults(folder, records, answers.Records, environment, new ReportNotes([.. input.Notes, .. failures]));
        Headlines.Print(records, ConsoleOver(output));
        answers.Print(output);
        return Conclude(folder, records.Count + answers.Records.Count, failures, output);
    }

    private static IReadOnlyList<BenchmarkRunInfo> Select(BenchOptions options, BenchmarkDotNet.Configs.IConfig config) =>
        SuiteCatalog.Select(SuiteCatalog.Applicable(options), options, config);

    private static int List(IReadOnlyList<BenchmarkRunInfo> selected, IReadOnlyList<IScenario> scenarios, TextWriter output)
    {
        foreach (BenchmarkCase benchmark in selected.SelectMany(i => i.BenchmarksCases))
            output.WriteLine(CaseName.Of(benchmark).Full);
        foreach (IScenario scenario in scenarios)
            output.WriteLine(scenario.Name);
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

    private static void WriteResults(
        string folder, IReadOnlyList<BenchmarkRecord> records, IReadOnlyList<ScenarioRecord> answers, RunEnvironment environment, ReportNotes notes)
    {
        if (records.Count + answers.Count == 0)
        {
            File.WriteAllText(Path.Combine(folder, ReportRenderer.EnvironmentName), environment.ToText());
            return;
        }

        if (records.Count > 0)
            RecordFile.Write(folder, records);
        ScenarioFile.Write(folder, answers);
        ReportRenderer.Write(folder, records, answers, environment.ToText(), notes);
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

    private static int Conclude(string folder, int results, string[] failures, TextWriter output)
    {
        foreach (string failure in failures)
            output.WriteLine(failure);
        output.WriteLine(results > 0
            ? $"report: {Path.Combine(folder, ReportRenderer.HtmlName)}"
            : $"nothing was measured; see {Path.Combine(folder, "benchmarkdotnet.log")}");
        return failures.Length == 0 && results > 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static string Describe(BenchProfile profile) => string.Create(
        CultureInfo.InvariantCulture,
        $"{profile.Name}: {profile.Launches} processes a case, {profile.Warmups} warm-up and {profile.Iterations} measured iterations of {profile.IterationMs} ms");

    private static string Command() =>
        Environment.GetEnvironmentVariable(CommandVariable) is { Length: > 0 } command ? command : Environment.CommandLine;
}
