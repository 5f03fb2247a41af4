using DatapathKernels.Filtering.Nft;

namespace DatapathKernels.Formats.Nft;

/// <summary>
/// Writes rulesets as kube-proxy sends them to <c>nft -f</c>: one <c>add</c> command a line, tables, then chains, sets and maps,
/// then rules, then elements, one each. <see cref="NftParser"/> reads the same ruleset back.
/// </summary>
public static class NftWriter
{
    /// <summary>Writes a ruleset, lines ended by <c>\n</c>.</summary>
    public static void Write(NftRuleset ruleset, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(ruleset);
        ArgumentNullException.ThrowIfNull(writer);
        foreach (NftTable table in ruleset.Tables)
        {
            string place = $"{NftText.NameOf(table.Family)} {table.Name}";
            writer.Write($"add table {place}{Block(Comment(table.Comment))}\n");
            foreach (NftChain chain in table.Chains)
                writer.Write($"add chain {place} {chain.Name}{Block(HeadOf(chain) + Comment(chain.Comment))}\n");
            foreach (NftSet set in table.Sets)
                writer.Write($"add {(set.IsMap ? "map" : "set")} {place} {set.Name}{Block(HeadOf(set) + Comment(set.Comment))}\n");
            WriteRules(table, place, writer);
            WriteElements(table, place, writer);
        }
    }

    /// <summary>The same as one string.</summary>
    public static string ToText(NftRuleset ruleset)
    {
        using StringWriter writer = new();
        Write(ruleset, writer);
        return writer.ToString();
    }

    private static void WriteRules(NftTable table, string place, TextWriter writer)
    {
        foreach (NftChain chain in table.Chains)
        {
            foreach (NftRule rule in chain.Rules)
                writer.Write($"add rule {place} {chain.Name} {NftRuleText.Of(rule)}\n");
        }
    }

    private static void WriteElements(NftTable table, string place, TextWriter writer)
    {
        foreach (NftSet set in table.Sets)
        {
            foreach (NftElement element in set.Elements)
                writer.Write($"add element {place} {set.Name} {{ {NftRuleText.Of(set, element)} }}\n");
        }
    }

    private static string HeadOf(NftChain chain) => chain.Hook is not { } hook ? ""
        : $"type {NftText.NameOf(chain.Type)} hook {NftText.NameOf(hook)} priority {chain.Priority} ; {(chain.DropPolicy ? "policy drop ; " : "")}";

    private static string HeadOf(NftSet set)
    {
        string text = $"type {string.Join(" . ", set.Types.Select(NftText.NameOf))}{(set.IsMap ? " : verdict" : "")} ; ";
        if (set.Flags != NftSetFlags.None)
            text += $"flags {string.Join(',', FlagsOf(set.Flags))} ; ";
        if (set.TimeoutMs is { } timeoutMs)
            text += $"timeout {NftText.Duration(timeoutMs)} ; ";
        return set.Size is { } size ? $"{text}size {size} ; " : text;
    }

    private static IEnumerable<string> FlagsOf(NftSetFlags flags)
    {
        if ((flags & NftSetFlags.Constant) != 0)
            yield return "constant";
        if ((flags & NftSetFlags.Interval) != 0)
            yield return "interval";
        if ((flags & NftSetFlags.Dynamic) != 0)
            yield return "dynamic";
        if ((flags & NftSetFlags.Timeout) != 0)
            yield return "timeout";
    }

    private static string Comment(string? comment) => comment is null ? "" : $"comment \"{comment}\" ; ";

    private static string Block(string text) => text.Length == 0 ? "" : $" {{ {text}}}";
}
