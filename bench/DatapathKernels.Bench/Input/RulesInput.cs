using DatapathKernels.Bench.Cli;
using DatapathKernels.Filtering;
using DatapathKernels.Formats.Iptables;
using DatapathKernels.Formats.Kubernetes;

namespace DatapathKernels.Bench.Input;

/// <summary>The user's <c>iptables-save</c> dump, or the rules of the user's Services: the ruleset, its services, and what must be said about it.</summary>
internal sealed class RulesInput
{
    /// <summary>Names the file to the processes that measure.</summary>
    public const string Variable = "DATAPATH_RULES";

    private RulesInput(Ruleset ruleset, IptablesReport report, string path, IReadOnlyList<string> origin)
    {
        Ruleset = ruleset;
        Services = DumpService.In(ruleset);
        Notes = [.. origin, .. Describe(report, Path.GetFileName(path)).Select(n => n.Replace(path, Path.GetFileName(path), StringComparison.Ordinal))];
    }

    /// <summary>
    /// What a matcher does with matches and targets that it cannot evaluate. To stop at the first one would measure
    /// nothing of most dumps; to let all match would send packets down rules they never meet. Both are said in the notes.
    /// </summary>
    public static MatcherOptions Options { get; } = new() { Unknown = UnknownPolicy.Never };

    /// <summary>The rules.</summary>
    public Ruleset Ruleset { get; }

    /// <summary>The services they serve.</summary>
    public IReadOnlyList<DumpService> Services { get; }

    /// <summary>What the user should know: sizes, what is not evaluated and where, where the file was cut.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Reads the file named by <see cref="Variable"/>.</summary>
    public static RulesInput FromEnvironment() =>
        Load(Environment.GetEnvironmentVariable(Variable) ?? throw new InvalidOperationException($"{Variable} is not set"));

    /// <summary>Reads a dump, or manifests (see <see cref="ManifestInput"/>); a file packed with gzip is unpacked.</summary>
    /// <exception cref="BadInputException">It is not a ruleset.</exception>
    public static RulesInput Load(string path)
    {
        try
        {
            byte[] bytes = InputFile.ReadAll(path);
            InputFile.RequireText(bytes, path, "an iptables-save dump");
            IReadOnlyList<string> origin = [];
            if (ManifestInput.Suits(path))
                bytes = ManifestInput.ToRules(bytes, path, out origin);
            Ruleset ruleset = IptablesSaveParser.Parse(bytes, null, out IptablesReport report, path);
            if (ruleset.RuleCount == 0)
                throw new BadInputException($"{path}: no rule in it{(report.Truncation is { } cut ? $" that is whole ({cut})" : "")}; expected an iptables-save dump");
            using LinearMatcher check = new(ruleset, Options);
            return new RulesInput(ruleset, report, path, origin);
        }
        catch (Exception wrong) when (wrong is IptablesFormatException or ManifestFormatException)
        {
            throw new BadInputException(wrong.Message);
        }
        catch (Exception e) when (e is RulesetException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: {e.Message.TrimEnd('.')}; expected an iptables-save dump");
        }
    }

    private IEnumerable<string> Describe(IptablesReport report, string name)
    {
        yield return $"{name}: {Ruleset.RuleCount} rules of {(Ruleset.Family == IpFamily.V4 ? "IPv4" : "IPv6")}, {Services.Count} service ports in KUBE-SERVICES";
        foreach (UnknownExtension unknown in report.Unknown)
            yield return $"{name}: not evaluated: {unknown}{(unknown.IsTarget ? "; it counts and does nothing" : "; it counts as never matching")}";
        int[] asksSets = [.. LinesThatAskSets().Order()];
        if (asksSets.Length > 0)
            yield return $"{name}: not evaluated: {new UnknownExtension(false, "set", asksSets)}, whose sets the dump does not hold; it counts as never matching";
        foreach (string warning in report.Warnings)
            yield return $"{name}: {warning}";
        if (report.Truncation is { } cut)
            yield return $"{cut}; what stands before is used";
    }

    private IEnumerable<int> LinesThatAskSets() =>
        from table in Ruleset.Tables
        from chain in table.Chains
        from rule in chain.Rules
        where rule.Matches.Any(match => match is SetMatch)
        select rule.Line;
}
