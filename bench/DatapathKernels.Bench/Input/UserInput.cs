using DatapathKernels.Bench.Cli;

namespace DatapathKernels.Bench.Input;

/// <summary>
/// The files the user named, read before anything is measured, so that a wrong one is an error at once.
/// </summary>
/// <param name="Rules">The rules, or null when none were given.</param>
/// <param name="Cluster">The services and policies, or null when none were given.</param>
/// <param name="Capture">The packets, or null when none were given.</param>
internal sealed record UserInput(RulesInput? Rules, ClusterInput? Cluster, CaptureInput? Capture)
{
    /// <summary>No file.</summary>
    public static UserInput None { get; } = new(null, null, null);

    /// <summary>What the user should know about the files.</summary>
    public IReadOnlyList<string> Notes => [.. Rules?.Notes ?? [], .. Cluster?.Notes ?? [], .. Capture?.Notes ?? []];

    /// <summary>Reads the files and names them to the processes that measure.</summary>
    /// <exception cref="BadInputException">A file cannot be used.</exception>
    public static UserInput Check(BenchOptions options)
    {
        InputFile.Require(options.RulesFile, "an iptables-save dump");
        InputFile.Require(options.CaptureFile, "a pcap or pcapng file");
        foreach (string path in (options.ServiceFiles ?? []).Concat(options.PolicyFiles ?? []))
            InputFile.Require(path, "manifests as kubectl prints them");
        RulesInput? rules = options.RulesFile is { } dump ? RulesInput.Load(dump) : null;
        CaptureInput? capture = options.CaptureFile is { } file ? CaptureInput.Load(file) : null;
        if (rules is not null && capture is not null && !capture.Frames.Infos.Any(i => RulesTraffic.Suits(rules.Ruleset, i)))
            throw new BadInputException($"{options.CaptureFile}: no packet of the rules' family; expected at least one IP{rules.Ruleset.Family.ToString().ToLowerInvariant()} packet");
        ClusterInput? cluster = options.ServiceFiles is { } services ? ClusterInput.Load(services, options.PolicyFiles, capture) : null;
        Environment.SetEnvironmentVariable(ClusterInput.ServicesVariable, Lines(options.ServiceFiles));
        Environment.SetEnvironmentVariable(ClusterInput.PoliciesVariable, Lines(options.PolicyFiles));
        Environment.SetEnvironmentVariable(RulesInput.Variable, options.RulesFile);
        Environment.SetEnvironmentVariable(CaptureInput.Variable, options.CaptureFile);
        return new UserInput(rules, cluster, capture);
    }

    private static string? Lines(IReadOnlyList<string>? files) => files is null ? null : string.Join('\n', files);
}
