using DatapathKernels.Bench.Running;

namespace DatapathKernels.Bench.Cli;

/// <summary>The command line, understood.</summary>
internal sealed record BenchOptions
{
    /// <summary>How long and how often to measure.</summary>
    public BenchProfile Profile { get; init; } = BenchProfile.Quick;

    /// <summary>Which benchmarks; null means all that apply.</summary>
    public NameFilter? Filter { get; init; }

    /// <summary>The user's rules, full path.</summary>
    public string? RulesFile { get; init; }

    /// <summary>True once <see cref="RulesFile"/> was found to be an nftables ruleset.</summary>
    public bool RulesAreNft { get; init; }

    /// <summary>The user's Services and EndpointSlices, full paths; null for none.</summary>
    public IReadOnlyList<string>? ServiceFiles { get; init; }

    /// <summary>The user's NetworkPolicies, full paths; null for none.</summary>
    public IReadOnlyList<string>? PolicyFiles { get; init; }

    /// <summary>The user's capture, full path.</summary>
    public string? CaptureFile { get; init; }

    /// <summary>Where the results go, full path; null means <c>results/&lt;machine&gt;/&lt;date&gt;</c>.</summary>
    public string? OutputFolder { get; init; }

    /// <summary>Print the benchmarks instead of running them.</summary>
    public bool List { get; init; }

    /// <summary>The two result folders to compare instead of measuring, full paths; null means measure.</summary>
    public IReadOnlyList<string>? Compare { get; init; }
}
