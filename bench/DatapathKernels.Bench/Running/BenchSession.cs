using System.Globalization;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using DatapathKernels.Bench.Cli;
using DatapathKernels.Bench.Input;
using DatapathKernels.Bench.Machines;

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
        InputFile.Require(options.RulesFile, "an iptables-save dump");
        InputFile.Require(options.CaptureFile, "a pcap or pcapng file");
        IReadOnlyList<BenchmarkRunInfo> listed = Select(options, BenchConfig.Create(options.Profile, NullLogger.Instance, null, Path.GetTempPath()));
        if (options.List)
            return List(listed, output);

        string root = SolutionFolder.Find();
        DateTime utc = DateTime.UtcNow;
        string profile = string.Create(CultureInfo.InvariantCulture, $"{options.Profile.Name}: {options.Profile.Launches} x {options.Profile.Iterations} iterations of {options.Profile.IterationMs} ms");
        RunEnvironment environment = RunEnvironment.Capture(root, Command(), profile, utc);
        string folder = options.OutputFolder ?? OutputFolder.Default(root, environment.Machine, utc);
        OutputFolder.Create(folder);
        File.WriteAllText(Path.Combine(folder, "environment.txt"), environment.ToText());

        // BenchmarkDotNet looks for the project it references from the current folder; ours may be anywhere.
        Directory.SetCurrentDirectory(root);
        using StreamLogger log = new(Path.Combine(folder, "benchmarkdotnet.log"), append: false);
        ProgressLines progress = new(output, listed.Sum(i => i.BenchmarksCases.Length), options.Profile.ExpectedCaseSeconds, !Console.IsOutputRedirected);
        IReadOnlyList<BenchmarkRunInfo> selected = Select(options, BenchConfig.Create(options.Profile, log, progress, Path.Combine(root, "BenchmarkDotNet.Artifacts")));
        Summary[] summaries = BenchmarkRunner.Run([.. selected]);
        return summaries.Length > 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static IReadOnlyList<BenchmarkRunInfo> Select(BenchOptions options, BenchmarkDotNet.Configs.IConfig config)
    {
        IReadOnlyList<BenchmarkRunInfo> selected = SuiteCatalog.Select(SuiteCatalog.Applicable(options), options.Filter, config);
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

    private static string Command() =>
        Environment.GetEnvironmentVariable(CommandVariable) is { Length: > 0 } command ? command : Environment.CommandLine;
}
