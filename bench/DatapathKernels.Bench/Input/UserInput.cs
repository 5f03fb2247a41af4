using DatapathKernels.Bench.Cli;

namespace DatapathKernels.Bench.Input;

/// <summary>
/// Reads the files the user named before anything is measured, so that a wrong one is an error at once, and names them to
/// the processes that measure.
/// </summary>
internal static class UserInput
{
    /// <summary>Returns what the user should know about the files.</summary>
    /// <exception cref="BadInputException">A file cannot be used.</exception>
    public static IReadOnlyList<string> Check(BenchOptions options)
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
        return [.. rules?.Notes ?? [], .. cluster?.Notes ?? [], .. capture?.Notes ?? []];
    }

    private static string? Lines(IReadOnlyList<string>? files) => files is null ? null : string.Join('\n', files);
}
