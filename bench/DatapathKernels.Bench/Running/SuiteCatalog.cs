using System.Reflection;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using DatapathKernels.Bench.Cli;

namespace DatapathKernels.Bench.Running;

/// <summary>Finds the suites of this assembly and picks the cases that the options ask for.</summary>
internal static class SuiteCatalog
{
    /// <summary>Suites stand in this namespace, one class per question.</summary>
    public const string SuitesNamespace = "DatapathKernels.Bench.Suites";

    /// <summary>All suites, by name.</summary>
    public static IReadOnlyList<Type> All { get; } =
    [
        .. typeof(SuiteCatalog).Assembly.GetExportedTypes()
            .Where(t => t is { IsClass: true, IsAbstract: false, Namespace: SuitesNamespace })
            .Where(t => t.GetMethods().Any(m => m.IsDefined(typeof(BenchmarkAttribute))))
            .OrderBy(t => t.Name, StringComparer.Ordinal),
    ];

    /// <summary>
    /// The suites that apply. Without the reader's own files: all that need none. With them: those that read them, unless a
    /// filter asks for others too.
    /// </summary>
    public static IEnumerable<Type> Applicable(BenchOptions options)
    {
        bool ownInput = options.RulesFile is not null || options.ServiceFiles is not null || options.CaptureFile is not null;
        return All.Where(suite => suite.GetCustomAttribute<NeedsInputAttribute>() is { } needs
            ? (!needs.Rules || (options.RulesFile is not null && !options.RulesAreNft)) && (!needs.Nft || options.RulesAreNft) && (!needs.Services || options.ServiceFiles is not null) && (!needs.Capture || options.CaptureFile is not null)
            : !ownInput || options.Filter is not null);
    }

    /// <summary>
    /// The cases to run, one entry a suite: those whose name the filter matches, or without a filter, in the quick profile,
    /// those that <see cref="QuickAttribute"/> and <see cref="FullOnlyAttribute"/> leave in.
    /// </summary>
    public static IReadOnlyList<BenchmarkRunInfo> Select(IEnumerable<Type> suites, BenchOptions options, IConfig config)
    {
        List<BenchmarkRunInfo> selected = [];
        foreach (Type suite in suites)
        {
            BenchmarkRunInfo all = BenchmarkConverter.TypeToBenchmarks(suite, config);
            BenchmarkCase[] cases = [.. all.BenchmarksCases.Where(c => options.Filter?.Matches(CaseName.Of(c)) ?? (options.Profile != BenchProfile.Quick || IsQuick(suite, c)))];
            if (cases.Length > 0)
                selected.Add(new BenchmarkRunInfo([.. cases.Select(OnceIfPrepared)], all.Type, all.Config));
        }

        return selected;
    }

    /// <summary>
    /// What is prepared for every iteration is used up by one call: a second would find nothing left to do. BenchmarkDotNet counts one call then only
    /// where the job fixes no time an iteration takes.
    /// </summary>
    private static BenchmarkCase OnceIfPrepared(BenchmarkCase benchmark) => benchmark.Descriptor is { IterationSetupMethod: null, IterationCleanupMethod: null }
        ? benchmark
        : BenchmarkCase.Create(benchmark.Descriptor, benchmark.Job.WithInvocationCount(1), benchmark.Parameters, benchmark.Config);

    private static bool IsQuick(Type suite, BenchmarkCase benchmark) => !benchmark.Descriptor.WorkloadMethod.IsDefined(typeof(FullOnlyAttribute)) && benchmark.Parameters.Items.All(parameter =>
        suite.GetProperty(parameter.Name)?.GetCustomAttribute<QuickAttribute>() is not { } quick || quick.Values.Contains(parameter.Value));

    /// <summary>The unit a case is measured in.</summary>
    public static string UnitOf(MethodInfo benchmark) =>
        benchmark.GetCustomAttribute<MeasuredInAttribute>()?.Unit
        ?? benchmark.DeclaringType?.GetCustomAttribute<MeasuredInAttribute>()?.Unit
        ?? MeasuredInAttribute.Default;
}
