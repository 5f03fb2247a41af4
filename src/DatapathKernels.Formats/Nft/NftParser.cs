using DatapathKernels.Filtering.Nft;

namespace DatapathKernels.Formats.Nft;

/// <summary>
/// Reads nftables rulesets: the commands kube-proxy sends to <c>nft -f</c> (<c>add table</c>, <c>add chain</c>, <c>add rule</c>, ...)
/// and the blocks that <c>nft list ruleset</c> prints, mixed as one likes.
/// </summary>
/// <remarks>
/// It reads the expressions and statements that kube-proxy writes and their kin. Any other is an error that says what was
/// expected; <see cref="NftParseOptions.Tables"/> leaves the tables of other programs out.
/// </remarks>
public static class NftParser
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="NftFormatException">The text is not a ruleset; the message names file, line, column and what was expected.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static NftRuleset ParseFile(string path, NftParseOptions? options = null) => Parse(File.ReadAllText(path), options, path);

    /// <summary>Reads text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="options">What of it to read.</param>
    /// <param name="name">What errors call the text.</param>
    /// <exception cref="NftFormatException">The text is not a ruleset; the message names <paramref name="name"/>, line, column and what was expected.</exception>
    public static NftRuleset Parse(string text, NftParseOptions? options = null, string name = "text")
    {
        ArgumentNullException.ThrowIfNull(text);
        return Apply(new NftRuleset(), text, options, name);
    }

    /// <summary>
    /// What <c>nft -f</c> makes of a ruleset: all commands of a text, for example one of kube-proxy's syncs, which adds, flushes and deletes
    /// chains, rules and elements. As in the kernel all of it happens or, on an error, nothing.
    /// </summary>
    /// <param name="ruleset">What is there; it is left as it is.</param>
    /// <param name="text">The commands, in their order.</param>
    /// <param name="options">What of them to read.</param>
    /// <param name="name">What errors call the text.</param>
    /// <returns>The ruleset after it.</returns>
    /// <exception cref="NftFormatException">
    /// The text is no such commands, or one of them cannot be done (what it names is not there, or still in use); the message names
    /// <paramref name="name"/>, line, column and what was expected.
    /// </exception>
    /// <remarks>Costs a copy of the lists of tables, chains and sets, and for the first deletion of a chain a walk over all rules.</remarks>
    public static NftRuleset Apply(NftRuleset ruleset, string text, NftParseOptions? options = null, string name = "text")
    {
        ArgumentNullException.ThrowIfNull(ruleset);
        ArgumentNullException.ThrowIfNull(text);
        NftRuleset after = ruleset.Copy();
        new NftReader(new NftTokens(text, name), options ?? new NftParseOptions(), after).Read();
        return after;
    }
}
