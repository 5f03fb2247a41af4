using DatapathKernels.Bench.Cli;

namespace DatapathKernels.Bench.Input;

/// <summary>
/// The files the user named, read before anything is measured, so that a wrong one is an error at once.
/// </summary>
/// <param name="Rules">The rules, or null when none were given.</param>
/// <param name="Cluster">The services and policies, or null when none were given.</param>
/// <param name="Capture">The packets, or null when none were given.</param>
/// <param name="Nft">The rules where they are nftables', else null.</param>
internal sealed record UserInput(RulesInput? Rules, ClusterInput? Cluster, CaptureInput? Capture, NftInput? Nft = null)
{
    /// <summary>No file.</summary>
    public static UserInput None { get; } = new(null, null, null);

    /// <summary>What the user should know about the files.</summary>
    public IReadOnlyList<string> Notes => [.. Rules?.Notes ?? [], .. Nft?.Notes ?? [], .. Cluster?.Notes ?? [], .. Capture?.Notes ?? []];

    /// <summary>Reads the files and names them to the processes that measure.</summary>
    /// <exception cref="BadInputException">A file cannot be used.</exception>
    public static UserInput Check(BenchOptions options)
    {
        InputFile.Require(options.RulesFile, "an iptables-save dump or an nft ruleset");
        InputFile.Require(options.CaptureFile, "a pcap or pcapng file");
        foreach (string manifests in (options.ServiceFiles ?? []).Concat(options.PolicyFiles ?? []))
            InputFile.Require(manifests, "manifests as kubectl prints them");
        NftInput? nft = options.RulesFile is { } path && IsNft(path) ? NftInput.Load(path) : null;
        RulesInput? rules = nft is null && options.RulesFile is { } dump ? RulesInput.Load(dump) : null;
        CaptureInput? capture = options.CaptureFile is { } file ? CaptureInput.Load(file) : null;
        if ((rules?.Ruleset.Family ?? nft?.Family) is { } family && capture is not null && !capture.Frames.Infos.Any(i => RulesTraffic.Suits(family, i)))
            throw new BadInputException($"{options.CaptureFile}: no packet of the rules' family; expected at least one IP{family.ToString().ToLowerInvariant()} packet");
        ClusterInput? cluster = options.ServiceFiles is { } services ? ClusterInput.Load(services, options.PolicyFiles, capture) : null;
        Environment.SetEnvironmentVariable(ClusterInput.ServicesVariable, Lines(options.ServiceFiles));
        Environment.SetEnvironmentVariable(ClusterInput.PoliciesVariable, Lines(options.PolicyFiles));
        Environment.SetEnvironmentVariable(RulesInput.Variable, rules is null ? null : options.RulesFile);
        Environment.SetEnvironmentVariable(NftInput.Variable, nft is null ? null : options.RulesFile);
        Environment.SetEnvironmentVariable(CaptureInput.Variable, options.CaptureFile);
        return new UserInput(rules, cluster, capture, nft);
    }

    // Manifests are told by their names, so that a YAML file whose first key is "table" is none.
    private static bool IsNft(string path)
    {
        try
        {
            return !ManifestInput.Suits(path) && NftInput.Suits(InputFile.ReadAll(path));
        }
        catch (InvalidDataException)
        {
            return false; // Packed and broken: the reader of dumps says so.
        }
    }

    private static string? Lines(IReadOnlyList<string>? files) => files is null ? null : string.Join('\n', files);
}
