using DatapathKernels.Filtering.Nft;

namespace DatapathKernels.Formats.Nft;

/// <summary>What the statements of a rule name: the chains they may lead to, the sets they ask.</summary>
internal static class NftReferences
{
    /// <summary>The chains a rule may lead to, each as often as it is named.</summary>
    public static IEnumerable<string> ChainsOf(NftRule rule) => rule.Statements.SelectMany(VerdictsOf).Select(verdict => verdict.Chain).OfType<string>();

    /// <summary>True when a rule asks or changes the set or map of that name.</summary>
    public static bool Asks(NftRule rule, string set) => rule.Statements.Any(statement => SetOf(statement) == set);

    private static IEnumerable<NftVerdict> VerdictsOf(NftStatement statement) => statement switch
    {
        NftVerdictStatement one => [one.Verdict],
        NftVerdictMap { Map.Inline: { } map } => map.Elements.Select(element => element.Verdict!),
        NftNumberMap { Map.Inline: { } map } => map.Elements.Select(element => element.Verdict!),
        _ => [],
    };

    private static string? SetOf(NftStatement statement) => statement switch
    {
        NftMembership membership => membership.Set.Name,
        NftVerdictMap map => map.Map.Name,
        NftNumberMap map => map.Map.Name,
        NftUpdate update => update.Set,
        _ => null,
    };
}
