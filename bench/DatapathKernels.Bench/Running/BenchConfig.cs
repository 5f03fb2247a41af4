using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.EventProcessors;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Toolchains;

namespace DatapathKernels.Bench.Running;

/// <summary>The BenchmarkDotNet configuration of a run: one job, allocations measured, everything said to one log file.</summary>
internal static class BenchConfig
{
    /// <param name="profile">Counts and times.</param>
    /// <param name="logger">Where BenchmarkDotNet's chatter goes.</param>
    /// <param name="progress">What the user sees meanwhile.</param>
    /// <param name="artifactsFolder">A folder for files that BenchmarkDotNet makes on the way.</param>
    /// <param name="toolchain">
    /// null for BenchmarkDotNet's default: one generated project for all cases, each case a process of its own. Measured:
    /// it costs 9 s a run and some 0.2 s a case over running in this process, where FrozenDictionary came out 25 % slower
    /// from its second size on, because the first size had already taught the JIT which subclass to expect.
    /// </param>
    public static IConfig Create(BenchProfile profile, ILogger logger, EventProcessor? progress, string artifactsFolder, IToolchain? toolchain = null)
    {
        Job job = profile.ToJob();
        ManualConfig config = ManualConfig.CreateEmpty()
            .AddJob(toolchain is null ? job : job.WithToolchain(toolchain))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(logger)
            .WithArtifactsPath(artifactsFolder)
            .WithBuildTimeout(TimeSpan.FromMinutes(10))
            .WithOptions(ConfigOptions.DisableLogFile | ConfigOptions.DisableOptimizationsValidator);
        return progress is null ? config : config.AddEventProcessor(progress);
    }
}
